import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { countOf } from '../../../src/base/index.ts'
import type { Engine } from '../../../src/engines/index.ts'
import { checks, job, type Check, type JobContext, type JobLog } from '../../../src/jobs/index.ts'
import { executeJob } from '../../../src/runner/index.ts'
import { sql, type Sql } from '../../../src/sql/index.ts'
import type { TableChange, WriteTarget } from '../../../src/tables/index.ts'
import { engines } from '../../support/engines.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { planOf, targetOf } from '../../support/write-target.ts'

const folder = tempFolder()
let engine: Engine
before(async () => {
  engine = await engines[0]!.open()
})
after(async () => {
  await engine[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

const columns = { day: 'date', reader: 'string', minutes: 'double' } as const
const daily = targetOf(folder.path, columns, { table: 'metrics.daily', partitionBy: ['identity(day)'] })
const plain = targetOf(folder.path, columns, { table: 'metrics.plain' })

const silent: JobLog = { info() {}, warn() {}, error() {} }
const days = ['2026-01-05', '2026-01-06']

/** Rows of (day, reader, minutes). */
const rows = (...values: readonly (readonly [string, string | null, number | null])[]): Sql =>
  values.reduce<Sql>(
    (all, [day, reader, minutes], index) =>
      sql`${all}${index === 0 ? sql`` : sql` union all `}select ${day}::date as day, ${reader}::varchar as reader, ${minutes}::double as minutes`,
    sql``,
  )

async function execute(
  run: (context: JobContext) => Promise<void>,
  {
    writes = { daily, plain },
    checks: declared = [],
    signal = new AbortController().signal,
  }: {
    writes?: Readonly<Record<string, WriteTarget>>
    checks?: readonly Check[]
    signal?: AbortSignal
  } = {},
): Promise<TableChange[]> {
  return executeJob(
    {
      definition: job('test', { run }),
      reads: {},
      writes,
      days,
      dueAt: '2026-01-07T00:00:00.000Z',
      runId: 'run',
      attempt: 1,
      checks: declared,
    },
    { engine, log: silent, signal },
  )
}

const rowsOf = (change: TableChange | undefined): number =>
  change?.files.reduce((sum, { rowCount }) => sum + rowCount, 0) ?? -1

test('a run that writes nothing changes nothing, also with checks', async () => {
  assert.deepEqual(await execute(async () => {}, { checks: [checks.rowsBetween(1, 9)] }), [])
})

test('a run is told its days, its slot and its tables, and reads what it was given', async () => {
  const [file] = await engine.write(plain, rows(['2026-01-05', 'ann', 3]))
  const seen: unknown[] = []
  await executeJob(
    {
      definition: job('test', {
        async run({ reads, writes, partition, dueAt, runId, attempt, query, rows: all, execute: run, log }) {
          const given = (reads as Readonly<Record<string, { kind: 'table-ref'; name: string }>>)['spans']!
          await run(sql`create table doubled as select minutes * 2 as minutes from ${given}`)
          for await (const batch of query(sql`select minutes from doubled`)) seen.push(...batch)
          seen.push(await all(sql`select reader from ${given} where ${partition.where('day')}`))
          seen.push(partition.days, dueAt, runId, attempt, Object.keys(writes))
          log.info('done')
        },
      }),
      reads: { spans: planOf(plain, [file!]) },
      writes: { daily },
      days,
      dueAt: '2026-01-07T00:00:00.000Z',
      runId: 'the run',
      attempt: 2,
      checks: [],
    },
    {
      engine,
      log: { ...silent, info: (message) => void seen.push(message) },
      signal: AbortSignal.timeout(60_000),
    },
  )
  assert.deepEqual(seen, [
    { minutes: 6 },
    [{ reader: 'ann' }],
    days,
    '2026-01-07T00:00:00.000Z',
    'the run',
    2,
    ['daily'],
    'done',
  ])
})

test('appends add up; a replacement replaces, also by nothing', async () => {
  const [change] = await execute(async ({ writes }) => {
    await writes['plain']!.append(rows(['2026-01-05', 'ann', 1]))
    await writes['plain']!.append(rows(['2026-01-06', 'ben', 2], ['2026-01-06', 'cid', 3]))
  })
  assert.deepEqual([change!.kind, change!.table, rowsOf(change)], ['append', 'metrics.plain', 3])
  const [replaced] = await execute(({ writes }) =>
    writes['plain']!.replace(sql`${rows(['2026-01-05', 'ann', 1])} limit 0`),
  )
  assert.deepEqual(replaced, { kind: 'replace', table: 'metrics.plain', files: [] })
})

test('all days of the run are overwritten, also those without rows', async () => {
  const changes = await execute(({ writes, partition }) =>
    writes['daily']!.overwrite(partition, rows(['2026-01-06', 'ann', 1])),
  )
  assert.equal(changes.length, 1)
  const [change] = changes
  assert.ok(change?.kind === 'overwrite-partitions')
  assert.deepEqual(change.partitions, [{ day: '2026-01-05' }, { day: '2026-01-06' }])
  assert.equal(rowsOf(change), 1)
})

test('several tables change together', async () => {
  const changes = await execute(async ({ writes, partition }) => {
    await writes['daily']!.overwrite(partition, rows(['2026-01-05', 'ann', 1]))
    await writes['plain']!.append(rows(['2026-01-05', 'ann', 1]))
  })
  assert.deepEqual(
    changes.map(({ table, kind }) => [table, kind]),
    [
      ['metrics.daily', 'overwrite-partitions'],
      ['metrics.plain', 'append'],
    ],
  )
})

const input = 'NACRE_INPUT'
const one = rows(['2026-01-05', 'ann', 1])
const refused: readonly [string, (context: JobContext) => Promise<void>, RegExp][] = [
  [
    'both append to and replace a table',
    async ({ writes }) => {
      await writes['plain']!.append(one)
      await writes['plain']!.replace(one)
    },
    /cannot both append to and replace table 'metrics\.plain'; use one of them, or two jobs/,
  ],
  [
    'do so at the same time',
    async ({ writes }) => {
      await Promise.all([writes['plain']!.append(one), writes['plain']!.replace(one)])
    },
    /cannot both/,
  ],
  [
    'replace a table twice',
    async ({ writes }) => {
      await writes['plain']!.replace(one)
      await writes['plain']!.replace(one)
    },
    /'metrics\.plain' was replaced already in this run/,
  ],
  [
    'overwrite a day twice',
    async ({ writes, partition }) => {
      await writes['daily']!.overwrite(partition, one)
      await writes['daily']!.overwrite(partition, one)
    },
    /Day 2026-01-05 of table 'metrics\.daily' was overwritten already in this run/,
  ],
  [
    'make rows of another day',
    ({ writes, partition }) => writes['daily']!.overwrite(partition, rows(['2026-01-04', 'ann', 1])),
    /made rows of day = 2026-01-04, outside the run's days 2026-01-05…2026-01-06\. Restrict/,
  ],
  [
    'make rows of no day',
    ({ writes, partition }) =>
      writes['daily']!.overwrite(partition, sql`select null::date as day, 'ann' as reader, 1.0 as minutes`),
    /made rows of day = null, outside/,
  ],
  [
    'overwrite days of a table without them',
    ({ writes, partition }) => writes['plain']!.overwrite(partition, one),
    /'metrics\.plain' has no day among its partitions.*partitionBy: \[day\('column'\)\], or use replace/,
  ],
  [
    'overwrite no days',
    ({ writes, partition }) => writes['daily']!.overwrite({ ...partition, days: [] }, one),
    /was given no days\. Declare partitions: day/,
  ],
]

for (const [what, run, message] of refused) {
  test(`one run may not ${what}`, async () => {
    await assert.rejects(execute(run), { code: input, message })
  })
}

test('a table partitioned by the day of a time is overwritten by that day', async () => {
  const timed = targetOf(
    folder.path,
    { at: 'timestamptz' },
    { table: 'metrics.timed', partitionBy: ['day(at)'] },
  )
  const [change] = await execute(
    ({ writes, partition }) =>
      writes['timed']!.overwrite(partition, sql`select ${'2026-01-06T23:59:59Z'}::timestamptz as at`),
    { writes: { timed } },
  )
  assert.ok(change?.kind === 'overwrite-partitions')
  assert.deepEqual(change.partitions, [{ at_day: '2026-01-05' }, { at_day: '2026-01-06' }])
})

test('a write that failed and was caught stages nothing: a table is not emptied by it', async () => {
  const swallow = (work: Promise<void>): Promise<void> => work.catch(() => undefined)
  assert.deepEqual(
    await execute(async ({ writes, partition }) => {
      await swallow(writes['plain']!.replace(sql`select * from nowhere`))
      await swallow(writes['daily']!.overwrite(partition, rows(['2026-01-04', 'ann', 1])))
    }),
    [],
  )
  const [change] = await execute(async ({ writes }) => {
    await swallow(writes['plain']!.replace(sql`select * from nowhere`))
    await writes['plain']!.append(one)
  })
  assert.deepEqual([change!.kind, rowsOf(change)], ['append', 1])
})

test('a write that was not awaited is part of the run, and fails it when it fails', async () => {
  const [change] = await execute(async ({ writes }) => {
    void writes['plain']!.replace(one)
  })
  assert.deepEqual([change!.kind, rowsOf(change)], ['replace', 1])
  await assert.rejects(
    execute(async ({ writes }) => {
      void writes['plain']!.replace(sql`select * from nowhere`)
    }),
    { code: 'NACRE_SQL' },
  )
})

test("an error of the job's own is thrown as it is, and nothing is to be committed", async () => {
  const own = new RangeError('mine')
  await assert.rejects(
    execute(async ({ writes }) => {
      await writes['plain']!.append(one)
      throw own
    }),
    own,
  )
})

test('a run that was cancelled commits nothing, even when the job went on', async () => {
  const cancel = new AbortController()
  const reason = new Error('killed')
  await assert.rejects(
    execute(
      async ({ writes, signal }) => {
        await writes['plain']!.append(one)
        cancel.abort(reason)
        assert.equal(signal.aborted, true)
      },
      { signal: cancel.signal },
    ),
    reason,
  )
  await assert.rejects(execute(({ writes }) => writes['plain']!.append(one), { signal: cancel.signal }))
})

test('a job without a run function cannot be executed', async () => {
  const definition = job('shell', { command: 'true' })
  await assert.rejects(
    executeJob(
      { definition, reads: {}, writes: {}, days: [], dueAt: '', runId: '', attempt: 1, checks: [] },
      { engine, log: silent, signal: AbortSignal.timeout(60_000) },
    ),
    { code: 'NACRE_APP_INVALID', message: "Job 'shell' has no run function." },
  )
})

/** What the failures of checks on the rows say; none: they hold. */
async function failures(written: Sql, ...declared: readonly Check[]): Promise<readonly string[]> {
  try {
    await execute(({ writes }) => writes['plain']!.replace(written), {
      writes: { plain },
      checks: declared,
    })
    return []
  } catch (error) {
    const { code, message, details } = error as {
      code: string
      message: string
      details: { failures: string[] }
    }
    assert.equal(code, 'NACRE_CHECK_FAILED', message)
    assert.ok(
      message.startsWith(
        `Nothing was published, because ${countOf(details.failures.length, 'check')} failed:`,
      ),
    )
    for (const failure of details.failures) assert.ok(message.includes(`\n  - ${failure}`))
    return details.failures
  }
}

const sample = rows(['2026-01-05', 'ann', 1], ['2026-01-05', 'ben', null], ['2026-01-06', 'ann', 9])

test('checks that hold let the rows pass', async () => {
  assert.deepEqual(
    await failures(
      sample,
      checks.unique('day', 'reader'),
      checks.notNull('day', 'reader'),
      checks.between('minutes', 1, 9),
      checks.rowsBetween(3, 3),
    ),
    [],
  )
})

test('each kind of check says what it found, with an example', async () => {
  assert.deepEqual(
    await failures(
      sample,
      checks.unique('reader'),
      checks.unique('day', 'minutes'),
      checks.notNull('reader', 'minutes'),
      checks.between('minutes', 2, 8),
      checks.rowsBetween(4, 9),
      checks.rowsBetween(0, 2),
    ),
    [
      'metrics.plain: reader is not unique: 1 value occurs more than once, such as {"reader":"ann"}.',
      'metrics.plain: 1 row has null in reader or minutes.',
      'metrics.plain: 2 values of minutes are outside 2…8 (from 1.0 to 9.0).',
      'metrics.plain: 3 rows were written; the job promises 4 to 9.',
      'metrics.plain: 3 rows were written; the job promises 0 to 2.',
    ],
  )
})

test('nulls are a value that can occur twice, and NaN lies outside of every range', async () => {
  assert.deepEqual(
    await failures(
      sql`${rows(['2026-01-05', null, 1], ['2026-01-06', null, 2])} union all select null, 'x', 'NaN'::double`,
      checks.unique('reader'),
      checks.between('minutes', 0, 10),
    ),
    [
      'metrics.plain: reader is not unique: 1 value occurs more than once, such as {"reader":null}.',
      'metrics.plain: 1 value of minutes is outside 0…10 (from nan to nan).',
    ],
  )
})

test('no rows break only a promise of rows', async () => {
  assert.deepEqual(
    await failures(
      sql`${sample} limit 0`,
      checks.unique('reader'),
      checks.notNull('day'),
      checks.between('minutes', 0, 1),
      checks.rowsBetween(1, 9),
    ),
    ['metrics.plain: 0 rows were written; the job promises 1 to 9.'],
  )
})

test('a check of a column that is not there fails the run', async () => {
  await assert.rejects(failures(sample, checks.notNull('nobody')), /nobody/)
})

test('of several tables each is checked by its own checks, named by alias', async () => {
  const run = async ({ writes, partition }: JobContext): Promise<void> => {
    await writes['daily']!.overwrite(partition, rows(['2026-01-05', 'ann', 1], ['2026-01-06', 'ann', 2]))
    await writes['plain']!.append(rows(['2026-01-05', 'ann', 5]))
  }
  const declared = [
    ...checks.of('daily', checks.unique('reader'), checks.between('minutes', 0, 4)),
    ...checks.of('plain', checks.unique('reader'), checks.between('minutes', 0, 4)),
  ]
  await assert.rejects(execute(run, { checks: declared }), {
    code: 'NACRE_CHECK_FAILED',
    details: {
      failures: [
        'metrics.daily: reader is not unique: 1 value occurs more than once, such as {"reader":"ann"}.',
        'metrics.plain: 1 value of minutes is outside 0…4 (from 5.0 to 5.0).',
      ],
    },
  })
})
