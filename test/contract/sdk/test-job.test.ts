import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checks, day, job, on, sql, table } from '../../../src/sdk/index.ts'
import { testJob } from '../../../src/sdk/testing.ts'

const spans = table('events.spans', {
  columns: {
    ts: { type: 'timestamptz', required: true },
    reader: 'string',
    pages: 'int',
    payload: { struct: { a: 'long' } },
  },
  partitionBy: [day('ts')],
})
const daily = table('metrics.daily', {
  columns: { day: 'date', readers: 'long', pages: 'long' },
  partitionBy: [day('day')],
})
const seen = table('metrics.seen', { columns: { reader: 'string', total: { type: 'long', required: true } } })

const dailyJob = job('daily', {
  trigger: on(spans),
  partitions: day({ from: '2026-01-01', perRun: 7 }),
  reads: { spans },
  writes: { daily },
  checks: [checks.unique('day'), checks.between('pages', 0, 100)],
  async run({ reads, writes, partition, log }) {
    log.info('counting', { days: partition.days.length })
    await writes.daily.overwrite(
      partition,
      sql`select ts::date as day, count(distinct reader) as readers, sum(pages) as pages
          from ${reads.spans} where ${partition.where('ts')} group by all`,
    )
  },
})

const read = [
  { ts: '2026-01-05T00:00:00Z', reader: 'ann', pages: 3 },
  { ts: '2026-01-05T23:59:59.999Z', reader: 'ann', pages: 4, payload: { a: 7 } },
  { ts: '2026-01-06T00:00:00Z', reader: 'ben', pages: 5 },
]

test('a job runs on the given rows: its days are overwritten, other days stay', async () => {
  const { writes, log } = await testJob(dailyJob, {
    reads: { spans: read },
    existing: {
      daily: [
        { day: '2026-01-04', readers: 9, pages: 90 },
        { day: '2026-01-05', readers: 9, pages: 90 },
        { day: '2026-01-07', readers: 9, pages: 90 },
      ],
    },
    days: ['2026-01-05', '2026-01-07'],
  })
  assert.deepEqual(
    writes['daily']!.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
    [
      { day: '2026-01-04', readers: 9, pages: 90 },
      { day: '2026-01-05', readers: 1, pages: 7 },
    ],
  )
  assert.deepEqual(log, [{ level: 'info', message: 'counting', fields: { days: 2 } }])
})

test('a job that reads what it writes sees the rows as they were, and several tables change together', async () => {
  const moving = job('moving', {
    reads: { before: seen },
    writes: { seen, daily },
    checks: [...checks.of('seen', checks.rowsBetween(2, 2)), ...checks.of('daily', checks.rowsBetween(1, 1))],
    async run({ reads, writes, rows, dueAt, attempt }) {
      await writes.seen.replace(sql`select reader, total + 1 as total from ${reads.before}`)
      const [sum] = await rows<{ total: number }>(sql`select sum(total)::long as total from ${reads.before}`)
      await writes.daily.append(
        sql`select ${dueAt}::timestamptz::date as day, ${attempt} as readers, ${sum!.total} as pages`,
      )
    },
  })
  const { writes } = await testJob(moving, {
    existing: {
      seen: [
        { reader: 'ann', total: 1 },
        { reader: 'ben', total: 2 },
      ],
    },
    now: new Date('2026-01-05T12:00:00Z'),
  })
  assert.deepEqual(writes['seen'], [
    { reader: 'ann', total: 2 },
    { reader: 'ben', total: 3 },
  ])
  assert.deepEqual(writes['daily'], [{ day: '2026-01-05', readers: 1, pages: 3 }])
})

test('without rows the tables are empty', async () => {
  const { writes } = await testJob(dailyJob, { days: ['2026-01-05'] })
  assert.deepEqual(writes, { daily: [] })
})

test('a check that fails is thrown, as a job that throws', async () => {
  await assert.rejects(
    testJob(dailyJob, { reads: { spans: [{ ...read[0], pages: 101 }] }, days: ['2026-01-05'] }),
    { code: 'NACRE_CHECK_FAILED', message: /metrics\.daily: 1 value of pages is outside 0…100/ },
  )
  const own = new RangeError('mine')
  const failing = job('failing', {
    async run() {
      throw own
    },
  })
  await assert.rejects(testJob(failing), own)
})

test('what a table cannot hold is refused, as in the platform', async () => {
  const nulls = job('nulls', {
    writes: { seen },
    run: ({ writes }) => writes.seen.append(sql`select 'ann' as reader, null as total`),
  })
  await assert.rejects(testJob(nulls), /total/)
  const unknown = job('unknown', {
    writes: { seen },
    run: ({ writes }) => writes.seen.append(sql`select 'ann' as reader, 1 as total, 2 as more`),
  })
  await assert.rejects(testJob(unknown), /more/)
})

test('rows for what the job does not name are refused', async () => {
  await assert.rejects(testJob(dailyJob, { reads: { span: [] } }), {
    code: 'NACRE_INPUT',
    message: "Rows were given for 'span', which job 'daily' does not name in reads; it names spans.",
  })
  await assert.rejects(testJob(dailyJob, { existing: { spans: [] } }), {
    code: 'NACRE_INPUT',
    message: "Rows were given for 'spans', which job 'daily' does not name in writes; it names daily.",
  })
})

test('a command job cannot be tested', async () => {
  await assert.rejects(testJob(job('shell', { command: 'true' })), /'shell' has no run function/)
})
