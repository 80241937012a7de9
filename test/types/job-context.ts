/** Compiled, never run: what `run` receives follows from what the job declares. */
import {
  checks,
  cron,
  day,
  job,
  sql,
  table,
  type JobContext,
  type JobDefinition,
  type Sql,
  type TableDefinition,
  type TableRef,
  type TableWriter,
} from '../../src/sdk/index.ts'

const spans: TableDefinition = table('events.spans', { columns: { reader: 'string' } })
const daily: TableDefinition = table('metrics.daily', { columns: { day: 'date' } })

export const typed: JobDefinition = job('typed', {
  trigger: cron('5 * * * *', { timezone: 'Europe/Paris' }),
  partitions: day({ from: '2026-01-01' }),
  reads: { spans, more: spans },
  writes: { daily },
  async run({ reads, writes, partition, query, rows, execute, log, signal, dueAt, attempt }) {
    const one: TableRef = reads.spans
    const writer: TableWriter = writes.daily
    const days: readonly string[] = partition.days
    const condition: Sql = partition.where('day')
    await writer.overwrite(
      partition,
      sql`select * from ${one} join ${reads.more} using (reader) where ${condition}`,
    )

    // @ts-expect-error: not among reads
    void reads.daily
    // @ts-expect-error: not among writes
    void writes.spans
    // @ts-expect-error: a table that is read cannot be written
    void reads.spans.append
    // @ts-expect-error: SQL, not text
    await writes.daily.append('select 1')
    // @ts-expect-error: a partition set, not days
    await writes.daily.overwrite(days, sql`select 1`)
    // @ts-expect-error: objects are no values of SQL
    void sql`select ${{ a: 1 }}`
    // @ts-expect-error: undefined is no value of SQL; null is
    void sql`select ${undefined}`

    for await (const batch of query(sql`select 1 as n`)) {
      const row: Readonly<Record<string, unknown>> | undefined = batch[0]
      log.info('row', row)
    }
    const counted = await rows<{ n: number }>(sql`select 1 as n`)
    const n: number = counted[0]!.n
    // @ts-expect-error: not a column that was told
    void counted[0]!.m
    await execute(sql`create table step as select ${n} as n, ${dueAt} as due, ${attempt} as attempt`)
    // @ts-expect-error: a sentence first, then fields
    log.warn({ n }, 'row')
    signal.throwIfAborted()
  },
})

export const nothing: JobDefinition = job('nothing', {
  async run({ reads, writes }) {
    // @ts-expect-error: nothing is read
    void reads.spans
    // @ts-expect-error: nothing is written
    void writes.daily
    await Promise.resolve()
  },
})

/** A run can be written apart from its job. */
async function writeDaily({
  reads,
  writes,
}: JobContext<{ readonly spans: TableDefinition }, { readonly daily: TableDefinition }>): Promise<void> {
  await writes.daily.replace(sql`select * from ${reads.spans}`)
}
export const apart: JobDefinition = job('apart', { reads: { spans }, writes: { daily }, run: writeDaily })

// @ts-expect-error: tables are declared, not named
job('named', { reads: { spans: 'events.spans' }, run: async () => {} })

// @ts-expect-error: run is asynchronous
job('sync', { run: () => {} })

// @ts-expect-error: checks are made by `checks`
job('unchecked', { writes: { daily }, checks: ['unique'], run: async () => {} })

export const checked: JobDefinition = job('checked', {
  writes: { daily },
  checks: [checks.unique('day'), ...checks.of('daily', checks.notNull('day'))],
  run: async () => {},
})

export const shell: JobDefinition = job('shell', { command: 'true' })
