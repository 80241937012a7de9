import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database, Queryable } from '../../../src/database/index.ts'
import {
  claimAttempt,
  cron,
  finishAttempt,
  jobMigrations,
  markDue,
  on,
  openAttemptLogs,
  openScheduler,
  registerApp,
  type Scheduler,
} from '../../../src/jobs/index.ts'
import { planTimes } from '../../../src/jobs/fire-time-triggers.ts'
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

/** A database whose `nth` statement fails, once. */
function failingAt(database: Database, nth: number): { database: Database; hasFailed: () => boolean } {
  let count = 0
  const failing = (open: Queryable): Queryable['query'] => {
    return (text, parameters) =>
      ++count === nth ? Promise.reject(new Error('the connection broke')) : open.query(text, parameters)
  }
  return {
    hasFailed: () => count >= nth,
    database: {
      kind: database.kind,
      query: failing(database),
      transaction: (work) =>
        database.transaction((open) => work({ inTransaction: true, query: failing(open) })),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
  }
}

test('a database that fails once, at any statement, loses nothing and runs nothing twice', async () => {
  await using database = await databases[0]!.open(jobMigrations)
  await using folder = tempFolder()
  const logs = openAttemptLogs(folder.path)
  const manifests = [manifestOf('whole', { trigger: on(tableNamed('web.clicks')), retries: { limit: 0 } })]
  let statements = 0
  for (let nth = 1, isOver = false; !isOver; nth++) {
    await clearJobs(database)
    const clock = manualClock('2026-03-10T12:00:30Z')
    await database.transaction((open) => registerApp(open, { app: 'app', bundle: 'b', manifests }, { clock }))
    await database.transaction((open) => markDue(open, [commitOf('web.clicks', [], clock.now())]))
    const faulty = failingAt(database, nth)
    const launcher = fakeLauncher()
    const open = (): Promise<Scheduler> =>
      openScheduler({ database: faulty.database, launcher, logs }, { clock })
    await using scheduler = await open().catch(open)
    for (let handled = 0, tries = 0; ; tries++) {
      assert.ok(tries < 500, `nothing happened any more after statement ${nth} failed`)
      const attempt = launcher.started[handled]
      if (attempt === undefined) {
        const [run] = await database.query<{ state: string }>('select state from run')
        if (run?.state === 'succeeded') break
        // What was lost on the way is noticed when its lease ends.
        if (tries % 10 === 9) clock.advance(61_000)
        scheduler.wake()
        await sleep(2)
        continue
      }
      handled++
      await claimAttempt(database, attempt.attemptId, { clock })
      await database.transaction((transaction) =>
        finishAttempt(transaction, attempt.attemptId, { outputs: {} }, { clock }),
      )
      await scheduler.onAttemptExit(processEnd(attempt.attemptId, { exitCode: 0 })).catch(() => undefined)
    }
    const [sums] = await database.query(
      'select (select count(*)::int from run) as runs, (select count(*)::int from slot) as slots, (select count(*)::int from due_mark) as due',
    )
    assert.deepEqual(sums, { runs: 1, slots: 1, due: 0 }, `statement ${nth}`)
    isOver = !faulty.hasFailed()
    statements = nth
  }
  assert.ok(statements > 10, 'the faults reached the way from mark to end')
})

test('after a year of silence the ledger stays readable, and the latest slot runs', () => {
  const manifest = manifestOf('minutely', { trigger: cron('* * * * *') })
  const first = new Date('2025-03-10T12:00:00Z')
  const now = new Date('2026-03-10T12:00:30Z')
  const state = {
    app: 'app',
    name: 'minutely',
    manifest,
    paused: false,
    next_due_at: first,
    anchor_at: first,
  }
  const { slots, next } = planTimes(state, now)
  assert.equal(slots.length, 1001)
  assert.match(slots.at(-2)!.reason!, /stands for all later ones until 2026-03-10T12:00:00.000Z/)
  assert.deepEqual([slots.at(-1)!.key, slots.at(-1)!.outcome], ['2026-03-10T12:00:00.000Z', 'due'])
  assert.equal(next?.toISOString(), '2026-03-10T12:01:00.000Z')
})
