import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../../src/base/index.ts'
import type { Database } from '../../../src/database/index.ts'
import {
  after,
  authenticateAttempt,
  claimAttempt,
  completedOutputs,
  cron,
  dayPartitions,
  failAttempt,
  findRun,
  finishAttempt,
  heartbeat,
  jobDetail,
  jobMigrations,
  lateJobs,
  listJobs,
  listRuns,
  markDue,
  on,
  openAttemptLogs,
  openScheduler,
  registerApp,
  requestRun,
  runsOverview,
  setPaused,
  type AttemptLogs,
  type JobManifest,
  type PlacedAttempt,
  type RunInfo,
  type Scheduler,
} from '../../../src/jobs/index.ts'
import { databases } from '../../support/databases.ts'
import {
  clearJobs,
  commitOf,
  fakeLauncher,
  manifestOf,
  manualClock,
  processEnd,
  tableNamed,
} from '../../support/job-world.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const clicks = tableNamed('web.clicks')
const daily = tableNamed('web.daily')
const app = 'shop'

/** One scheduler on an emptied database, with a clock that stands. */
interface World {
  readonly database: Database
  readonly clock: Clock & { advance(ms: number): void }
  readonly launcher: ReturnType<typeof fakeLauncher>
  readonly logs: AttemptLogs
  readonly scheduler: Scheduler
  deploy(...manifests: JobManifest[]): Promise<string[]>
  commit(table: string, ...days: string[]): Promise<void>
  /** The next attempt that is launched. */
  launched(): Promise<PlacedAttempt>
  succeed(attempt: PlacedAttempt): Promise<void>
}

async function until<T>(what: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (let tries = 0; tries < 1000; tries++) {
    const found = await what()
    if (found !== undefined) return found
    await sleep(5)
  }
  throw new Error('it never happened')
}

const runOf = (world: World, attempt: PlacedAttempt): Promise<RunInfo> =>
  findRun(world.database, attempt.runId)

for (const kind of databases) {
  test(`scheduler on ${kind.name}`, { skip: kind.skip }, async (t) => {
    await using database = await kind.open(jobMigrations)
    await using folder = tempFolder()
    const logs = openAttemptLogs(folder.path)

    const check = (name: string, body: (world: World, t: TestContext) => Promise<void>): Promise<void> =>
      t.test(name, async (inner) => {
        await clearJobs(database)
        const clock = manualClock('2026-03-10T12:00:30Z')
        const launcher = fakeLauncher()
        await using scheduler = await openScheduler({ database, launcher, logs }, { clock, random: () => 0 })
        let seen = 0
        await body(
          {
            database,
            clock,
            launcher,
            logs,
            scheduler,
            async deploy(...manifests) {
              const changes = await database.transaction((open) =>
                registerApp(open, { app, bundle: 'bundle-1', manifests }, { clock }),
              )
              scheduler.wake()
              return changes
            },
            async commit(table, ...days) {
              await database.transaction((open) => markDue(open, [commitOf(table, days, clock.now())]))
              scheduler.wake()
            },
            launched: () => until(() => launcher.started[seen] && launcher.started[seen++]),
            async succeed({ attemptId }) {
              await claimAttempt(database, attemptId, { clock })
              await database.transaction((open) => finishAttempt(open, attemptId, { outputs: {} }, { clock }))
              await scheduler.onAttemptExit(processEnd(attemptId, { exitCode: 0 }))
            },
          },
          inner,
        )
      })

    await check('a commit makes exactly its days run, oldest first', async (world) => {
      const partitions = dayPartitions({ from: '2026-01-02', perRun: 2 })
      await world.deploy(
        manifestOf('daily', { trigger: on(clicks), reads: { clicks }, writes: { daily }, partitions }),
      )
      await world.commit('web.other', '2026-01-05')
      await world.commit('web.clicks', '2026-01-04', '2026-01-01', '2026-01-03', '2026-01-02')
      const first = await world.launched()
      assert.deepEqual([first.job, first.bundle, first.timeoutMs], ['daily', 'bundle-1', 3_600_000])
      const task = await claimAttempt(database, first.attemptId)
      assert.deepEqual(task.days, ['2026-01-02', '2026-01-03'])
      assert.equal(task.attempt, 1)

      await world.commit('web.clicks', '2026-01-02')
      await world.succeed(first)
      const second = await world.launched()
      assert.deepEqual((await claimAttempt(database, second.attemptId)).days, ['2026-01-02', '2026-01-04'])
      await world.succeed(second)
      const ledger = await database.query('select key, revision, outcome from slot order by key, revision')
      assert.deepEqual(ledger, [
        { key: '2026-01-02', revision: 1, outcome: 'ran' },
        { key: '2026-01-02', revision: 2, outcome: 'ran' },
        { key: '2026-01-03', revision: 1, outcome: 'ran' },
        { key: '2026-01-04', revision: 1, outcome: 'ran' },
      ])
    })

    await check(
      'an attempt is authenticated, finished once, and its outputs are told again',
      async (world) => {
        await world.deploy(manifestOf('whole', { trigger: on(clicks) }))
        await world.commit('web.clicks')
        const { attemptId, token, runId } = await world.launched()
        const identity = await authenticateAttempt(database, attemptId, token)
        assert.deepEqual([identity.runId, identity.app, identity.job.name], [runId, app, 'whole'])
        await assert.rejects(authenticateAttempt(database, attemptId, 'guess'), {
          code: 'NACRE_NOT_SIGNED_IN',
        })
        await assert.rejects(
          heartbeat(database, attemptId),
          { code: 'NACRE_STALE_ATTEMPT' },
          'not claimed yet',
        )

        await claimAttempt(database, attemptId)
        assert.deepEqual(await heartbeat(database, attemptId), { cancel: null })
        assert.equal(await completedOutputs(database, attemptId), null)
        const finish = (): Promise<void> =>
          database.transaction((open) => finishAttempt(open, attemptId, { outputs: { 'web.daily': '7' } }))
        await finish()
        await assert.rejects(finish(), { code: 'NACRE_STALE_ATTEMPT' })
        assert.deepEqual(await completedOutputs(database, attemptId), { 'web.daily': '7' })
        await failAttempt(database, attemptId, { code: 'NACRE_JOB_FAILED', message: 'too late' })
        await world.scheduler.onAttemptExit(processEnd(attemptId, { exitCode: 0 }))
        const run = await findRun(database, runId)
        assert.deepEqual([run.state, run.cause, run.error], ['succeeded', 'commit of web.clicks', null])
        assert.deepEqual(run.outputs, { 'web.daily': '7' })
        assert.deepEqual([run.attempts[0]!.cpuMs, run.attempts[0]!.isolation], [13, 'polled'])
        assert.deepEqual(run.slots, ['2026-03-10T12:00:30.000Z'])
      },
    )

    await check('a failure is tried again after its backoff until the limit', async (world) => {
      await world.deploy(
        manifestOf('weak', {
          trigger: on(clicks),
          retries: { limit: 1, backoff: '10s..1m' },
          timeout: '10m',
        }),
      )
      await world.commit('web.clicks')
      const first = await world.launched()
      await claimAttempt(database, first.attemptId)
      await failAttempt(
        database,
        first.attemptId,
        { code: 'NACRE_CHECK_FAILED', message: 'day is not unique' },
        { clock: world.clock, random: () => 0 },
      )
      await world.scheduler.onAttemptExit(processEnd(first.attemptId))
      const waiting = await runOf(world, first)
      assert.deepEqual([waiting.state, waiting.retryAt], ['retrying', '2026-03-10T12:00:40.000Z'])
      assert.equal(waiting.error!.message, 'day is not unique')
      assert.match((await listJobs(database))[0]!.waitingFor!, /tried again at 2026-03-10T12:00:40/)

      world.clock.advance(10_000)
      world.scheduler.wake()
      const second = await world.launched()
      assert.notEqual(second.attemptId, first.attemptId)
      await assert.rejects(claimAttempt(database, first.attemptId), { code: 'NACRE_STALE_ATTEMPT' })
      await world.scheduler.onAttemptExit(processEnd(second.attemptId, { cause: 'timed-out' }))
      const run = await runOf(world, second)
      assert.deepEqual([run.state, run.error!.code], ['failed', 'NACRE_TIMEOUT'])
      assert.match(run.error!.message, /timeout of 10m/)
      assert.deepEqual(
        run.attempts.map(({ state }) => state),
        ['failed', 'timed-out'],
      )
      const overview = await runsOverview(database, { clock: world.clock })
      assert.deepEqual([overview.failed, overview.broken.map(({ id }) => id)], [1, [run.id]])
    })

    await check('what the process wrote last is told when it ended without a result', async (world) => {
      await world.deploy(manifestOf('weak', { trigger: on(clicks), retries: { limit: 0 } }))
      await world.commit('web.clicks')
      const attempt = await world.launched()
      await world.scheduler.onAttemptExit(processEnd(attempt.attemptId, { exitCode: 3 }))
      const { error } = await runOf(world, attempt)
      assert.match(error!.message, /exit code 3 .*the last line/s)
      const [line] = await logs.read(attempt.attemptId)
      assert.deepEqual([line!.stream, line!.seq], ['runner', 0])
    })

    await check(
      'memory is named as the reason, also when the process told a failure first',
      async (world) => {
        await world.deploy(
          manifestOf('big', { trigger: on(clicks), retries: { limit: 0 }, resources: { memory: '256MiB' } }),
        )
        await world.commit('web.clicks')
        const attempt = await world.launched()
        await claimAttempt(database, attempt.attemptId)
        await failAttempt(database, attempt.attemptId, {
          code: 'NACRE_JOB_FAILED',
          message: 'command ended with 137',
        })
        await world.scheduler.onAttemptExit(processEnd(attempt.attemptId, { cause: 'out-of-memory' }))
        const run = await runOf(world, attempt)
        assert.deepEqual([run.state, run.attempts[0]!.state], ['failed', 'out-of-memory'])
        assert.match(run.error!.message, /declared memory of 256MiB .* Raise resources.memory/)
      },
    )

    await check('losses do not count as failures, but five in a row end the run', async (world) => {
      await world.deploy(
        manifestOf('unlucky', { trigger: on(clicks), retries: { limit: 0, backoff: '1s..1s' } }),
      )
      await world.commit('web.clicks')
      for (let loss = 1; loss <= 5; loss++) {
        const attempt = await world.launched()
        await world.scheduler.onAttemptExit(processEnd(attempt.attemptId, { cause: 'lost' }))
        const run = await runOf(world, attempt)
        assert.equal(run.attempts[loss - 1]!.state, 'lost')
        assert.equal(run.state === 'failed', loss === 5)
        world.clock.advance(2000)
        world.scheduler.wake()
      }
      const [run] = await listRuns(database)
      assert.match(run!.error!.message, /5 times in a row/)
    })

    await check('an attempt that cannot be launched, or falls silent, is lost', async (world) => {
      await world.deploy(manifestOf('quiet', { trigger: on(clicks) }))
      await world.commit('web.clicks')
      const first = await world.launched()
      await claimAttempt(database, first.attemptId, { clock: world.clock })
      world.clock.advance(61_000)
      world.launcher.start = () => Promise.reject(new Error('no such program'))
      world.scheduler.wake()
      const run = await until(async () => {
        const found = await runOf(world, first)
        return found.attempts.filter(({ state }) => state === 'lost').length === 2 ? found : undefined
      })
      assert.equal(run.attempts.length, 2)
      assert.match(run.attempts[0]!.error!.message, /no heartbeat/)
      assert.match(run.attempts[1]!.error!.message, /no such program/)
      assert.deepEqual(world.launcher.stopped, [first.attemptId])
      await assert.rejects(heartbeat(database, first.attemptId), { code: 'NACRE_STALE_ATTEMPT' })
    })

    await check('a restart takes up what the dead scheduler left', async (world) => {
      await world.deploy(manifestOf('left', { trigger: on(clicks) }))
      await world.commit('web.clicks')
      const first = await world.launched()
      await world.scheduler[Symbol.asyncDispose]()
      const launcher = fakeLauncher()
      await using _scheduler = await openScheduler({ database, launcher, logs }, { clock: world.clock })
      const second = await until(() => launcher.started[0])
      assert.equal(second.runId, first.runId)
      const run = await runOf(world, second)
      assert.deepEqual(
        run.attempts.map(({ state }) => state),
        ['lost', 'starting'],
      )
    })

    await check('killing ends a run for good and fences its attempt', async (world) => {
      await world.deploy(manifestOf('victim', { trigger: on(clicks) }))
      await world.commit('web.clicks')
      const attempt = await world.launched()
      await claimAttempt(database, attempt.attemptId)
      await world.scheduler.killRun(attempt.runId, 'ada')
      assert.deepEqual(await heartbeat(database, attempt.attemptId), { cancel: 'killed' })
      await assert.rejects(
        database.transaction((open) => finishAttempt(open, attempt.attemptId, { outputs: {} })),
        { code: 'NACRE_STALE_ATTEMPT' },
      )
      await world.scheduler.onAttemptExit(processEnd(attempt.attemptId, { cause: 'stopped' }))
      const run = await runOf(world, attempt)
      assert.deepEqual(
        [run.state, run.error!.message, run.attempts[0]!.state],
        ['killed', 'Killed by ada.', 'killed'],
      )
      assert.deepEqual(world.launcher.stopped, [attempt.attemptId])
      await assert.rejects(world.scheduler.killRun(attempt.runId, 'ada'), { code: 'NACRE_CONFLICT' })
      await assert.rejects(world.scheduler.killRun('none', 'ada'), { code: 'NACRE_NOT_FOUND' })
    })

    await check('a job after several others waits for all of them', async (world) => {
      const partitions = dayPartitions({ from: '2026-01-01' })
      await world.deploy(
        manifestOf('left', { partitions }),
        manifestOf('right', { partitions }),
        manifestOf('both', { partitions, trigger: after('left', 'right') }),
      )
      const runDays = async (job: string, ...days: string[]): Promise<void> => {
        await requestRun(database, { app, job, days, by: 'ada' }, { clock: world.clock })
        for (const _ of days) {
          world.scheduler.wake()
          await world.succeed(await world.launched())
        }
      }
      await runDays('left', '2026-01-01', '2026-01-02')
      await runDays('left', '2026-01-01')
      assert.equal((await listRuns(database, { job: 'both' })).length, 0)
      await runDays('right', '2026-01-02')
      const attempt = await world.launched()
      assert.equal(attempt.job, 'both')
      assert.deepEqual((await runOf(world, attempt)).slots, ['2026-01-02'])
      assert.deepEqual((await jobDetail(database, app, 'both')).upstream, ['shop/left', 'shop/right'])
    })

    await check('of the due times missed only the latest runs, and the ledger has no hole', async (world) => {
      await world.deploy(manifestOf('hourly', { trigger: cron('5 * * * *') }))
      assert.equal((await listJobs(database))[0]!.nextDueAt, '2026-03-10T12:05:00.000Z')
      world.clock.advance(3 * 3_600_000)
      world.scheduler.wake()
      const attempt = await world.launched()
      const run = await runOf(world, attempt)
      assert.deepEqual([run.slots, run.cause], [['2026-03-10T14:05:00.000Z'], 'cron 5 * * * *'])
      assert.equal((await claimAttempt(database, attempt.attemptId)).dueAt, '2026-03-10T14:05:00.000Z')
      const ledger = await database.query('select key, outcome, reason from slot order by key')
      assert.deepEqual(ledger, [
        { key: '2026-03-10T12:05:00.000Z', outcome: 'missed', reason: 'no scheduler ran at that time' },
        { key: '2026-03-10T13:05:00.000Z', outcome: 'missed', reason: 'no scheduler ran at that time' },
        { key: '2026-03-10T14:05:00.000Z', outcome: 'ran', reason: null },
      ])
      const { nextDueAts } = await jobDetail(database, app, 'hourly', { clock: world.clock })
      assert.deepEqual([nextDueAts.length, nextDueAts[0]], [10, '2026-03-10T15:05:00.000Z'])
    })

    await check('due times that pass during a run are stood for by the latest', async (world) => {
      await world.deploy(
        manifestOf('slow', { trigger: cron('* * * * *'), partitions: dayPartitions({ from: '2026-01-01' }) }),
      )
      const passMinute = async (): Promise<void> => {
        world.clock.advance(60_000)
        const before = (await listJobs(database))[0]!.nextDueAt
        world.scheduler.wake()
        await until(async () => ((await listJobs(database))[0]!.nextDueAt === before ? undefined : true))
      }
      await passMinute()
      const first = await world.launched()
      assert.deepEqual(
        (await claimAttempt(database, first.attemptId)).days,
        ['2026-03-09'],
        'the last whole day',
      )
      for (let minute = 0; minute < 3; minute++) await passMinute()
      assert.match((await listJobs(database))[0]!.waitingFor!, /one active run/)
      await world.succeed(first)
      await world.launched()
      const ledger = await database.query<{ outcome: string }>('select outcome from slot order by key')
      assert.deepEqual(
        ledger.map(({ outcome }) => outcome),
        ['ran', 'skipped', 'skipped', 'ran'],
      )
    })

    await check('a paused job keeps its marks and says so', async (world) => {
      await world.deploy(
        manifestOf('calm', { trigger: on(clicks) }),
        manifestOf('hourly', { trigger: cron('0 * * * *') }),
      )
      await setPaused(database, { app, job: 'calm', paused: true })
      await setPaused(database, { app, job: 'hourly', paused: true })
      await world.commit('web.clicks')
      world.clock.advance(2 * 3_600_000)
      world.scheduler.wake()
      const [calm] = await until(async () => {
        const jobs = await listJobs(database)
        return jobs[1]!.nextDueAt === '2026-03-10T15:00:00.000Z' ? jobs : undefined
      })
      assert.deepEqual([calm!.due, calm!.waitingFor, calm!.late], [1, 'the job is paused', false])
      await assert.rejects(requestRun(database, { app, job: 'calm', by: 'ada' }), { code: 'NACRE_CONFLICT' })
      await setPaused(database, { app, job: 'calm', paused: false })
      await setPaused(database, { app, job: 'hourly', paused: false })
      world.scheduler.wake()
      assert.equal((await world.launched()).job, 'calm')
      const ledger = await database.query(
        "select outcome, reason from slot where job = 'hourly' order by key",
      )
      assert.deepEqual(ledger, Array(2).fill({ outcome: 'skipped', reason: 'the job was paused' }))
    })

    await check('a run by hand names its days and who asked', async (world) => {
      await world.deploy(
        manifestOf('daily', { partitions: dayPartitions({ from: '2026-01-01', perRun: 9 }) }),
        manifestOf('whole'),
      )
      const ask = (job: string, days?: string[]): Promise<string[]> =>
        requestRun(
          database,
          { app, job, by: 'ada', ...(days === undefined ? {} : { days }) },
          { clock: world.clock },
        )
      assert.deepEqual(await ask('daily'), ['2026-03-10'])
      world.scheduler.wake()
      const first = await world.launched()
      const run = await runOf(world, first)
      assert.deepEqual([run.slots, run.cause], [['2026-03-10'], 'manual by ada'])
      assert.deepEqual(await ask('daily', ['2026-02-02', '2026-02-01']), ['2026-02-01', '2026-02-02'])
      assert.deepEqual(await ask('daily'), ['2026-02-01', '2026-02-02'], 'those that are due anyway')
      await world.succeed(first)
      assert.deepEqual((await runOf(world, await world.launched())).slots, ['2026-02-01', '2026-02-02'])
      await assert.rejects(ask('daily', ['2025-12-31']), /begins on 2026-01-01/)
      await assert.rejects(ask('daily', ['2026-02-30']), /'2026-02-30' is not a day/)
      await assert.rejects(ask('whole', ['2026-02-01']), /no partitions/)
      await assert.rejects(ask('nobody'), { code: 'NACRE_NOT_FOUND' })
    })

    await check('a deploy tells what changed and keeps state and history', async (world) => {
      const first = manifestOf('one', { trigger: on(clicks) })
      assert.deepEqual(await world.deploy(first, manifestOf('two', { trigger: cron('0 * * * *') })), [
        'added job one: on commit of web.clicks',
        'added job two: cron 0 * * * *',
      ])
      await setPaused(database, { app, job: 'one', paused: true })
      await world.commit('web.clicks')
      assert.deepEqual(
        await world.deploy(
          first,
          manifestOf('two', { trigger: cron('30 * * * *', { timezone: 'Asia/Kolkata' }) }),
        ),
        ['changed when job two is due: cron 0 * * * * → cron 30 * * * * (Asia/Kolkata)'],
      )
      const [one, two] = await listJobs(database)
      assert.deepEqual([one!.paused, one!.due, two!.nextDueAt], [true, 1, '2026-03-10T13:00:00.000Z'])
      assert.deepEqual(await world.deploy(manifestOf('one', { trigger: on(clicks), doc: 'new words' })), [
        'changed job one',
        'removed job two; its history stays',
      ])
      assert.deepEqual(
        (await listJobs(database)).map(({ job }) => job.name),
        ['one'],
      )
      assert.deepEqual(await world.deploy(manifestOf('one', { trigger: on(clicks), doc: 'new words' })), [])
    })

    await check('a waiting run of a removed job is killed, a running one may end', async (world) => {
      await world.deploy(...['a', 'b', 'c'].map((name) => manifestOf(name, { trigger: on(clicks) })))
      await world.commit('web.clicks')
      const first = await world.launched()
      await world.launched()
      const queued = await until(async () => (await listRuns(database, { state: 'queued' }))[0])
      assert.match(
        (await listJobs(database)).find(({ job }) => job.name === queued.job)!.waitingFor!,
        /free capacity: 1 cpu and 512MiB/,
      )
      await world.deploy()
      assert.equal((await findRun(database, queued.id)).state, 'killed')
      await world.succeed(first)
      assert.equal((await runOf(world, first)).state, 'succeeded')
    })

    await check('a new job takes up the days its tables hold, once', async (world) => {
      const partitions = dayPartitions({ from: '2026-02-01', perRun: 10 })
      const manifest = manifestOf('daily', { trigger: on(clicks), partitions })
      const existingDays = { 'web.clicks': ['2026-01-31', '2026-02-01', '2026-02-02'] }
      const deploy = (manifests: JobManifest[]): Promise<string[]> =>
        database.transaction((open) =>
          registerApp(open, { app, bundle: 'b', manifests, existingDays }, { clock: world.clock }),
        )
      await deploy([manifest])
      world.scheduler.wake()
      const attempt = await world.launched()
      assert.deepEqual((await runOf(world, attempt)).slots, ['2026-02-01', '2026-02-02'])
      await world.succeed(attempt)
      await deploy([])
      await deploy([manifest])
      assert.equal((await listJobs(database))[0]!.due, 0)
    })

    await check('work that waits beyond reason is late', async (world) => {
      await world.deploy(manifestOf('big', { trigger: on(clicks), resources: { memory: '64GiB' } }))
      await world.commit('web.clicks')
      await until(async () => (await listRuns(database, { state: 'queued' }))[0])
      world.clock.advance(2 * 3_600_000)
      const [late] = await lateJobs(database, { clock: world.clock })
      assert.deepEqual([late!.job, late!.since], ['big', '2026-03-10T12:00:30.000Z'])
      assert.match(late!.why, /64GiB/)
    })
  })
}
