import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  after,
  claimAttempt,
  finishAttempt,
  jobMigrations,
  listRuns,
  markDue,
  on,
  openAttemptLogs,
  openScheduler,
  registerApp,
  requestRun,
  type AttemptLauncher,
  type Scheduler,
} from '../../../src/jobs/index.ts'
import { systemClock } from '../../../src/base/index.ts'
import { planRuns } from '../../../src/jobs/plan-runs.ts'
import { startAttempt } from '../../../src/jobs/start-attempt.ts'
import { databases } from '../../support/databases.ts'
import { clearJobs, commitOf, manifestOf, processEnd, tableNamed } from '../../support/job-world.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const clicks = tableNamed('web.clicks')
const postgres = databases.find(({ name }) => name === 'postgres')!

test('several connections at once', { skip: postgres.skip }, async (t) => {
  await using database = await postgres.open(jobMigrations)
  await using folder = tempFolder()

  await t.test(
    'a mark that an open commit has touched is not taken before the commit is visible',
    async () => {
      await clearJobs(database)
      const manifests = [manifestOf('whole', { trigger: on(clicks) })]
      await database.transaction((open) => registerApp(open, { app: 'app', bundle: 'b', manifests }))
      const commit = [commitOf('web.clicks', [], Date.now())]
      await database.transaction((open) => markDue(open, commit))
      await database.transaction(async (open) => {
        await markDue(open, commit)
        assert.equal(await planRuns(database, new Date()), 0)
      })
      assert.equal(await planRuns(database, new Date()), 1)
    },
  )

  await t.test('parents that end at the same moment make their child due', async () => {
    await clearJobs(database)
    const manifests = [
      manifestOf('left'),
      manifestOf('right'),
      manifestOf('child', { trigger: after('left', 'right') }),
    ]
    await database.transaction((open) => registerApp(open, { app: 'app', bundle: 'b', manifests }))
    for (const job of ['left', 'right']) await requestRun(database, { app: 'app', job, by: 'ada' })
    await planRuns(database, new Date())
    const attempts = await Promise.all(
      (await listRuns(database)).map(({ id }) =>
        startAttempt(database, id, { owner: 'test', now: new Date() }),
      ),
    )
    for (const attempt of attempts) await claimAttempt(database, attempt!.attemptId)
    const finishes = attempts.map((attempt) =>
      database.transaction(async (open) => {
        await finishAttempt(open, attempt!.attemptId, { outputs: {} })
        await open.query('select pg_sleep(0.05)')
      }),
    )
    await Promise.all(finishes)
    assert.deepEqual(await database.query('select job, key from due_mark'), [{ job: 'child', key: '' }])
  })

  await t.test('two schedulers start each run once', async () => {
    await clearJobs(database)
    const manifests = Array.from({ length: 120 }, (_, index) =>
      manifestOf(`job-${index}`, { trigger: on(clicks) }),
    )
    await database.transaction((open) => registerApp(open, { app: 'app', bundle: 'b', manifests }))
    const logs = openAttemptLogs(folder.path)
    const startedBy: Record<string, number> = {}
    const open = (owner: string): Promise<Scheduler> => {
      const launcher: AttemptLauncher = {
        capacity: () => ({ cpus: 8, memoryBytes: 64 * 1024 ** 3 }),
        async start({ attemptId }) {
          startedBy[owner] = (startedBy[owner] ?? 0) + 1
          await claimAttempt(database, attemptId)
          await database.transaction((transaction) => finishAttempt(transaction, attemptId, { outputs: {} }))
          const scheduler = await schedulers[owner]!
          await scheduler.onAttemptExit(processEnd(attemptId, { exitCode: 0 }))
        },
        stop: async () => undefined,
      }
      return openScheduler({ database, launcher, logs, owner, idleMs: 50 }, { clock: systemClock })
    }
    const schedulers: Record<string, Promise<Scheduler>> = { one: open('one'), two: open('two') }
    await using one = await schedulers['one']!
    await using two = await schedulers['two']!
    for (let commit = 0; commit < 3; commit++) {
      await database.transaction((transaction) =>
        markDue(transaction, [commitOf('web.clicks', [], Date.now())]),
      )
      one.wake()
      two.wake()
      for (let tries = 0; tries < 2000; tries++) {
        const [left] = await database.query<{ count: number }>(
          "select ((select count(*) from due_mark) + (select count(*) from run where state <> 'succeeded'))::int as count",
        )
        if (left!.count === 0) break
        await sleep(10)
      }
    }
    const [sums] = await database.query(
      `select (select count(*)::int from run where state = 'succeeded') as runs, (select count(*)::int from attempt) as attempts,
         (select count(*)::int from slot) as slots, (select count(*)::int from due_mark) as due`,
    )
    assert.deepEqual(sums, { runs: 360, attempts: 360, slots: 360, due: 0 })
    assert.ok(startedBy['one']! > 0 && startedBy['two']! > 0, 'both took part')
  })
})
