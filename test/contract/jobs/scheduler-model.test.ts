import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Database } from '../../../src/database/index.ts'
import {
  after,
  claimAttempt,
  cron,
  dayPartitions,
  failAttempt,
  finishAttempt,
  jobMigrations,
  markDue,
  on,
  registerApp,
  setPaused,
} from '../../../src/jobs/index.ts'
import { endAttempt } from '../../../src/jobs/attempt-end.ts'
import { fireTimeTriggers } from '../../../src/jobs/fire-time-triggers.ts'
import { planRuns } from '../../../src/jobs/plan-runs.ts'
import { waitingRuns } from '../../../src/jobs/scheduler-queries.ts'
import { startAttempt } from '../../../src/jobs/start-attempt.ts'
import { databases } from '../../support/databases.ts'
import { clearJobs, commitOf, manifestOf, manualClock, tableNamed } from '../../support/job-world.ts'

const raw = tableNamed('t.raw')
const daily = tableNamed('t.daily')
const days = ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04'] as const
const start = '2026-02-01T00:00:30Z'
const minute = 60_000

const retries = { limit: 1, backoff: '1s..1s' }
const partitions = dayPartitions({ from: days[1], perRun: 2 })
const manifests = [
  manifestOf('daily', { trigger: on(raw), writes: { daily }, partitions, retries }),
  manifestOf('whole', { trigger: on(raw, daily), retries }),
  manifestOf('next', { trigger: after('daily'), partitions, retries }),
  manifestOf('both', { trigger: after('daily', 'whole'), retries }),
  manifestOf('clock', { trigger: cron('* * * * *'), retries }),
]

type Step =
  | { readonly do: 'commit'; readonly days: readonly string[] }
  | { readonly do: 'tick' | 'start' | 'crash' }
  | { readonly do: 'pause'; readonly job: string; readonly paused: boolean }
  | { readonly do: 'wait'; readonly minutes: number }
  | { readonly do: 'claim' | 'finish' | 'fail' | 'lose'; readonly pick: number }

const pick = fc.nat({ max: 9 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      days: fc.subarray([...days], { minLength: 1 }),
    }),
  },
  { weight: 4, arbitrary: fc.constant<Step>({ do: 'tick' }) },
  { weight: 3, arbitrary: fc.constant<Step>({ do: 'start' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'crash' }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('pause' as const),
      job: fc.constantFrom('daily', 'whole', 'clock'),
      paused: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'claim' as const,
        'finish' as const,
        'finish' as const,
        'fail' as const,
        'lose' as const,
      ),
      pick,
    }),
  },
)

/** The naive model: sets in memory, one rule per line, nothing about rows or transactions. */
class Model {
  readonly due = new Map(manifests.map(({ name }) => [name, new Set<string>()]))
  readonly active = new Map<string, { days: readonly string[]; failures: number }>()
  readonly paused = new Set<string>()
  /** Successes of parents that 'both' has seen. */
  readonly seen = new Set<string>()
  clock = Date.parse(start)
  nextMinute = Math.ceil(this.clock / minute) * minute

  commit(table: string, touched: readonly string[]): void {
    if (table === raw.name) for (const day of touched) if (day >= days[1]) this.due.get('daily')!.add(day)
    this.due.get('whole')!.add('')
  }

  tick(): void {
    let latest: number | null = null
    for (; this.nextMinute <= this.clock; this.nextMinute += minute) latest = this.nextMinute
    if (latest !== null && !this.paused.has('clock'))
      this.due.get('clock')!.add(new Date(latest).toISOString())
    for (const [job, due] of this.due) {
      if (due.size === 0 || this.paused.has(job) || this.active.has(job)) continue
      const all = [...due].toSorted()
      const taken = job === 'clock' ? all : all.slice(0, 2)
      for (const key of taken) due.delete(key)
      this.active.set(job, { days: job === 'clock' || taken[0] === '' ? [] : taken, failures: 0 })
    }
  }

  succeed(job: string): void {
    const run = this.active.get(job)!
    this.active.delete(job)
    if (job === 'daily') for (const day of run.days) this.due.get('next')!.add(day)
    if (job === 'daily' || job === 'whole') this.seen.add(job)
    if (this.seen.size === 2) {
      this.seen.clear()
      this.due.get('both')!.add('')
    }
  }

  fail(job: string): void {
    const run = this.active.get(job)!
    run.failures++
    if (run.failures > retries.limit) this.active.delete(job)
  }
}

interface Attempt {
  readonly id: string
  readonly job: string
  claimed: boolean
}

/** The real scheduler's functions, driven by hand. */
class System {
  readonly clock = manualClock(start)
  readonly database: Database
  attempts: Attempt[] = []
  /** Per job and key: the step of the last commit that touched it, and of the last claim after it was due. */
  readonly touchedAt = new Map<string, number>()
  readonly workedAt = new Map<string, number>()
  time = 0

  constructor(database: Database) {
    this.database = database
  }

  get now(): Date {
    return new Date(this.clock.now())
  }

  async tick(): Promise<void> {
    await fireTimeTriggers(this.database, this.now)
    await planRuns(this.database, this.now)
  }

  async start(): Promise<void> {
    for (const { id } of await waitingRuns(this.database, this.now)) {
      const attempt = await startAttempt(this.database, id, { owner: 'test', now: this.now })
      assert.ok(attempt)
      this.attempts.push({ id: attempt.attemptId, job: attempt.job, claimed: false })
    }
  }

  touch(job: string, keys: readonly string[]): void {
    for (const key of keys) this.touchedAt.set(`${job} ${key}`, this.time)
  }

  async commit(touched: readonly string[]): Promise<void> {
    await this.database.transaction((open) => markDue(open, [commitOf(raw.name, touched, this.clock.now())]))
    this.touch(
      'daily',
      touched.filter((day) => day >= days[1]),
    )
    this.touch('whole', [''])
  }

  async claim(attempt: Attempt): Promise<readonly string[]> {
    const task = await claimAttempt(this.database, attempt.id, { clock: this.clock })
    attempt.claimed = true
    for (const key of task.days.length > 0 ? task.days : [''])
      this.workedAt.set(`${attempt.job} ${key}`, this.time)
    return task.days
  }

  /** As the server does: claim if that has not happened, then commit tables and end the run in one transaction. */
  async finish(attempt: Attempt): Promise<readonly string[]> {
    const worked = await this.claim(attempt)
    await this.database.transaction(async (open) => {
      if (attempt.job === 'daily') await markDue(open, [commitOf(daily.name, worked, this.clock.now())])
      await finishAttempt(open, attempt.id, { outputs: {} }, { clock: this.clock })
    })
    this.drop(attempt)
    return worked
  }

  async fail(attempt: Attempt): Promise<void> {
    await failAttempt(
      this.database,
      attempt.id,
      { code: 'NACRE_JOB_FAILED', message: 'no' },
      { clock: this.clock },
    )
    this.drop(attempt)
  }

  async lose(attempt: Attempt): Promise<void> {
    const error = { code: 'NACRE_UNAVAILABLE', message: 'gone' } as const
    await this.database.transaction((open) =>
      endAttempt(open, attempt.id, { state: 'lost', error }, { clock: this.clock }),
    )
    this.drop(attempt)
  }

  private drop(attempt: Attempt): void {
    this.attempts = this.attempts.filter((other) => other !== attempt)
  }
}

async function apply(step: Step, system: System, model: Model): Promise<void> {
  system.time++
  switch (step.do) {
    case 'commit':
      await system.commit(step.days)
      return model.commit(raw.name, step.days)
    case 'tick':
      await system.tick()
      return model.tick()
    case 'start':
      return system.start()
    case 'crash':
      for (const attempt of system.attempts) await loseOne(attempt, system)
      return
    case 'pause':
      await setPaused(system.database, { app: 'app', job: step.job, paused: step.paused })
      if (step.paused) model.paused.add(step.job)
      else model.paused.delete(step.job)
      return
    case 'wait':
      system.clock.advance(step.minutes * minute)
      model.clock += step.minutes * minute
      return
    case 'claim':
    case 'finish':
    case 'fail':
    case 'lose': {
      const attempt = system.attempts[step.pick % (system.attempts.length || 1)]
      if (attempt === undefined) return
      if (step.do === 'claim') return void (await system.claim(attempt))
      if (step.do === 'lose') return loseOne(attempt, system)
      if (step.do === 'fail') {
        if (!attempt.claimed) await system.claim(attempt)
        await system.fail(attempt)
        return model.fail(attempt.job)
      }
      const worked = await system.finish(attempt)
      if (attempt.job === 'daily') {
        system.touch('whole', [''])
        system.touch('next', worked)
        model.commit(daily.name, worked)
      }
      return model.succeed(attempt.job)
    }
  }
}

/** At once followed by a success, for the fifth loss in a row ends a run: another test's matter. */
async function loseOne(attempt: Attempt, system: System): Promise<void> {
  await system.lose(attempt)
  await system.database.query('update run set losses = 0')
}

async function compare(system: System, model: Model): Promise<void> {
  const marks = await system.database.query<{ job: string; key: string }>(
    'select job, key from due_mark order by job, key',
  )
  const expected = [...model.due].flatMap(([job, keys]) => [...keys].map((key) => ({ job, key })))
  assert.deepEqual(
    marks,
    expected.toSorted((x, y) => (`${x.job} ${x.key}` < `${y.job} ${y.key}` ? -1 : 1)),
  )
  const runs = await system.database.query<{ job: string; days: string[] }>(
    "select job, days from run where state in ('queued', 'running', 'retrying') order by job",
  )
  const active = [...model.active].map(([job, run]) => ({ job, days: run.days }))
  assert.deepEqual(
    runs,
    active.toSorted((x, y) => (x.job < y.job ? -1 : 1)),
  )
}

/** Lets everything that is due run to success. */
async function drain(system: System, model: Model): Promise<void> {
  for (const job of model.paused) await apply({ do: 'pause', job, paused: false }, system, model)
  for (let round = 0; round < 100; round++) {
    await apply({ do: 'wait', minutes: 1 }, system, model)
    await apply({ do: 'tick' }, system, model)
    await apply({ do: 'start' }, system, model)
    const isQuiet = system.attempts.every(({ job }) => job === 'clock')
    while (system.attempts.length > 0) await apply({ do: 'finish', pick: 0 }, system, model)
    if (isQuiet) return
  }
  assert.fail('it never became quiet')
}

async function checkLedger(system: System): Promise<void> {
  for (const [key, touchedAt] of system.touchedAt)
    assert.ok(system.workedAt.get(key)! > touchedAt, `${key} was not worked on after its last commit`)
  const slots = await system.database.query<{ key: string }>(
    "select key from slot where job = 'clock' order by key",
  )
  const first = Math.ceil(Date.parse(start) / minute) * minute
  const all = slots.map((_, index) => new Date(first + index * minute).toISOString())
  assert.deepEqual(
    slots.map(({ key }) => key),
    all,
    'a due time is in the ledger twice, or is not',
  )
  const undone = await system.database.query(
    "select id from run where state in ('queued', 'running', 'retrying') and job <> 'clock'",
  )
  assert.deepEqual(undone, [])
}

for (const kind of databases) {
  test(
    `no slot is lost or run twice at once, as a naive model says, on ${kind.name}`,
    { skip: kind.skip },
    async () => {
      await using database = await kind.open(jobMigrations)
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
          await clearJobs(database)
          const system = new System(database)
          const model = new Model()
          await database.transaction((open) =>
            registerApp(open, { app: 'app', bundle: 'b', manifests }, { clock: system.clock }),
          )
          for (const each of steps) {
            await apply(each, system, model)
            await compare(system, model)
          }
          await drain(system, model)
          await compare(system, model)
          await checkLedger(system)
        }),
        { numRuns: 15 },
      )
    },
  )
}
