import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { sql, type JobDefinition, type TableWriter } from 'nacre'
import { books } from '../../../examples/bookstore/catalogue/books.ts'
import bookstore from '../../../examples/bookstore/nacre.config.ts'
import { plan } from '../../../examples/bookstore/events/plan.ts'
import type { Call } from '../../../examples/bookstore/simulator/device.ts'
import { simulate } from '../../../examples/bookstore/simulator/simulate.ts'
import { partitionSet } from '../../../src/jobs/index.ts'
import { openSqlTables, type SqlTables } from '../../support/sql-tables.ts'

type Row = Readonly<Record<string, unknown>>

const day = 86_400_000
const end = Date.parse('2026-06-03T12:00:00Z')
const uploads = simulate({ seed: 3, readers: 80, days: 40, startMs: end - 40 * day }, end)

/** Good events as the platform lands them, by table. */
function landedEvents(): Record<string, Row[]> {
  const landed = new Map<string, Row>()
  const tables: Record<string, Row[]> = Object.fromEntries(plan.events.map(({ table }) => [table.name, []]))
  for (const { device, calls } of uploads) {
    for (const call of calls) {
      const definition = plan.events.find(({ type, name }) =>
        type === 'track' ? name === call.name : call.kind === type,
      )
      if (definition === undefined || call.fault !== null || landed.has(call.messageId)) continue
      const row = eventRow(call, device.clockErrorMs)
      landed.set(call.messageId, row)
      tables[definition.table.name]!.push(row)
    }
  }
  return tables
}

function eventRow(call: Call, clockErrorMs: number): Row {
  return {
    message_id: call.messageId,
    ts: new Date(call.deviceMs - clockErrorMs).toISOString(),
    device_ts: new Date(call.deviceMs).toISOString(),
    skew_ms: -clockErrorMs,
    user_id: call.userId,
    ...call.properties,
  }
}

/** Rows of every table after all jobs have run once, each after those it reads from. */
const tables: Record<string, readonly Row[]> = {}

before(async () => {
  const jobs = bookstore.spec.jobs!.filter(({ spec }) => spec.run !== undefined)
  const definitions = new Map(
    jobs
      .flatMap(({ spec }) => [...Object.values(spec.reads ?? {}), ...Object.values(spec.writes ?? {})])
      .map((table) => [table.name, table]),
  )
  using store = await openSqlTables([...definitions.values()])
  Object.assign(tables, landedEvents())
  for (const [name, rows] of Object.entries(tables)) await store.fill(definitions.get(name)!, rows)
  const waiting = new Set(jobs)
  while (waiting.size > 0) {
    const next = [...waiting].find(({ spec }) =>
      Object.values(spec.reads ?? {}).every(({ name }) => tables[name] !== undefined),
    )
    assert.ok(next, `nothing writes what ${[...waiting].map(({ name }) => name).join(', ')} read`)
    waiting.delete(next)
    await runJob(next, store)
    for (const table of Object.values(next.spec.writes ?? {})) {
      tables[table.name] = await store.rows(sql`select * from ${table}`)
    }
  }
})

/** Runs a job's own code on plain tables, for all days. */
async function runJob({ spec }: JobDefinition, store: SqlTables): Promise<void> {
  const writers = Object.entries(spec.writes ?? {}).map(([alias, table]): [string, TableWriter] => [
    alias,
    {
      ...table,
      append: () => assert.fail('no job of the bookstore appends'),
      overwrite: (partition, select) => store.overwrite(table, partition.days, select),
      replace: (select) => store.overwrite(table, 'all', select),
    },
  ])
  await spec.run!({
    reads: spec.reads ?? {},
    writes: Object.fromEntries(writers),
    partition: partitionSet(daysOfWorld()),
    dueAt: new Date(end).toISOString(),
    runId: 'test',
    attempt: 1,
    query: () => assert.fail('unused'),
    rows: (select) => store.rows(select),
    execute: async (statement) => void (await store.rows(statement)),
    log: { info() {}, warn() {}, error() {} },
    signal: new AbortController().signal,
  })
}

function daysOfWorld(): string[] {
  return Array.from({ length: 41 }, (_, index) => new Date(end - index * day).toISOString().slice(0, 10))
}

const sum = (rows: readonly Row[], column: string): number =>
  rows.reduce((total, row) => total + Number(row[column]), 0)
const rowsOf = (name: string): readonly Row[] => tables[name] ?? assert.fail(`there is no table ${name}`)

test('progress, sessions and engagement tell the same minutes', () => {
  const told =
    sum(
      rowsOf('events.reading_span').map(({ started_ms, ended_ms }) => ({
        ms: Number(ended_ms) - Number(started_ms),
      })),
      'ms',
    ) / 60_000
  assert.ok(told > 1000)
  for (const name of ['reading.sessions', 'metrics.engagement']) {
    assert.ok(Math.abs(sum(rowsOf(name), 'minutes') / told - 1) < 0.01, name)
  }
})

test('wrong clocks are corrected: nothing was read outside the days of the world', () => {
  const allowed = new Set(daysOfWorld())
  for (const { day: on } of rowsOf('metrics.engagement')) assert.ok(allowed.has(String(on)), String(on))
  for (const { last_read_at } of rowsOf('reading.progress')) {
    const at = Date.parse(String(last_read_at))
    assert.ok(at > end - 41 * day && at <= end)
  }
})

test('who finished a book has covered most of it or jumped', () => {
  const finished = rowsOf('reading.progress').filter(({ times_finished }) => Number(times_finished) > 0)
  assert.ok(finished.length > 10)
  const covered = finished.filter(({ best_percent }) => Number(best_percent) > 80)
  assert.ok(covered.length / finished.length > 0.6)
})

test('growth adds up to the accounts', () => {
  const growth = rowsOf('metrics.growth')
  const readers = rowsOf('accounts.readers')
  assert.equal(sum(growth, 'sign_ups'), readers.length)
  assert.equal(
    sum(growth, 'conversions'),
    readers.filter(({ subscribed_at }) => subscribed_at !== null).length,
  )
  const last = growth.filter(({ day: on }) => on === '2026-06-03')
  const subscribed = readers.filter((row) => row['subscribed_at'] !== null && row['cancelled_at'] === null)
  assert.equal(sum(last, 'subscribers'), subscribed.length)
})

test('funnels narrow, cohorts only lose', () => {
  const byStep = Object.groupBy(
    rowsOf('metrics.conversion').filter(({ funnel }) => funnel === 'books'),
    ({ step }) => String(step),
  )
  const reached = Object.values(byStep).map((rows) => sum(rows!, 'reached'))
  assert.equal(reached.length, 5)
  assert.deepEqual(
    reached,
    reached.toSorted((a, b) => b - a),
  )
  assert.ok(reached[4]! > 0)
  for (const { retained, readers } of rowsOf('metrics.retention'))
    assert.ok(Number(retained) <= Number(readers))
})

test('only weeks that are over count, and conversions that can change no more', () => {
  const weekMs = 7 * 86_400_000
  const today = Date.parse('2026-06-03')
  const ends = rowsOf('metrics.retention').map(
    ({ cohort, weeks_later: later }) => Date.parse(String(cohort)) + (Number(later) + 1) * weekMs,
  )
  assert.equal(Math.max(...ends), Date.parse('2026-06-01'), 'the last Monday')
  const conversions = rowsOf('metrics.conversion')
  for (const { cohort, settled } of conversions)
    assert.equal(settled, Date.parse(String(cohort)) + 2 * weekMs < today)
  assert.ok(conversions.some(({ settled }) => settled === true))
})

test('a Home screen goes on with what was begun, and offers only what was never opened', () => {
  const pair = ({ reader, edition }: Row): string => `${String(reader)} ${String(edition)}`
  const opened = new Set(rowsOf('reading.progress').map(pair))
  const shelves = Object.groupBy(rowsOf('recommend.home_shelf'), ({ shelf }) => String(shelf))
  assert.deepEqual(Object.keys(shelves).toSorted(), [
    'Because you read',
    'Continue reading',
    'Popular in your genres',
  ])
  for (const [shelf, rows] of Object.entries(shelves)) {
    for (const row of rows!) assert.equal(opened.has(pair(row)), shelf === 'Continue reading')
  }
  const everyone = new Set(rowsOf('recommend.home_shelf').map(({ reader }) => reader))
  assert.equal(everyone.size, rowsOf('accounts.readers').length)
})

test('readers of a genre are told of more of it', () => {
  const genre = new Map(books.map(({ id, genre: kind }) => [id, kind]))
  const near = rowsOf('recommend.also_read').filter(({ rank }) => Number(rank) <= 3)
  const alike = near.filter(
    (row) => genre.get(row['edition'] as string) === genre.get(row['other'] as string),
  )
  assert.ok(near.length > 60)
  assert.ok(alike.length / near.length > 2 / 7, 'twice what chance gives')
})
