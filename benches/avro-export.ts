/**
 * How many rows per second of CPU does the export of a feed write and a consumer read, against fastavro on the same rows and
 * DuckDB's scan alone, and does memory stay flat? Eight columns; each measurement is a process of its own. fastavro takes part
 * where NACRE_TEST_PYTHON names a Python that has it. Argument: rows of the large export, default 10,000,000.
 */
import { execFileSync } from 'node:child_process'
import { createReadStream, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readAvro, type AvroCodec } from '../src/avro/index.ts'
import { openEngine } from '../src/engines/index.ts'
import { SharedFeedEngine } from '../src/platform/feed-engine.ts'
import { openFeedSource } from '../src/platform/open-feed-source.ts'
import { exportSnapshot, type ExportManifest } from '../src/publish/export-snapshot.ts'
import { rawSql, sql } from '../src/sql/index.ts'
import { avroSchemaOf, type ScanFile, type ScanPlan } from '../src/tables/index.ts'

const columns = {
  reader: 'string',
  book: 'long',
  started_at: 'timestamptz',
  day: 'date',
  minutes: 'double',
  pages: 'int',
  finished: 'boolean',
  device: 'string',
} as const
const rowsPerFile = 1_000_000
const fastavroRows = 300_000

/** A measurement, as the process that makes it is told. */
interface Task {
  readonly kind: 'make' | 'scan' | 'export' | 'read'
  readonly folder: string
  readonly rows: number
  readonly threads: number
  readonly codec: AvroCodec
}

interface Figures {
  readonly rows: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly megabytes?: number
  /** Resident at a quarter, half, three quarters and the end of the work, and the most. */
  readonly resident: readonly number[]
}

async function report(large: number): Promise<void> {
  const folder = await mkdtemp(join(process.env['NACRE_BENCH_FOLDER'] ?? tmpdir(), 'nacre-bench-'))
  try {
    run({ kind: 'make', folder, rows: large, threads: 1, codec: 'null' })
    const table: object[] = []
    const add = (name: string, { rows, seconds, cpuSeconds, megabytes, resident }: Figures): number => {
      const perCpuSecond = Math.round(rows / cpuSeconds)
      const memory = resident.map(Math.round).join(' ')
      table.push({
        name,
        rows,
        MB: megabytes,
        'rows/s': Math.round(rows / seconds),
        'rows/CPU-s': perCpuSecond,
        'MB resident at ¼ ½ ¾ 1, peak': memory,
      })
      return perCpuSecond
    }
    const small = Math.min(large, 1_000_000)
    add('DuckDB scan alone', run({ kind: 'scan', folder, rows: large, threads: 1, codec: 'null' }))
    const ours = new Map<string, number>()
    for (const codec of ['null', 'deflate', 'zstandard'] as const) {
      const task = { kind: 'export', folder, rows: small, threads: 1, codec } as const
      ours.set(codec, add(`export ${codec}, 1 thread`, run(task)))
      ours.set(`read ${codec}`, add(`read ${codec}`, run({ ...task, kind: 'read' })))
    }
    for (const threads of [1, 2, 4])
      add(
        `export deflate, ${threads} threads`,
        run({ kind: 'export', folder, rows: large, threads, codec: 'deflate' }),
      )
    const fastavro = await againstFastavro(folder, small, ours)
    process.stdout.write(JSON.stringify({ bench: 'avro-export', ours: table, fastavro }))
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function againstFastavro(
  folder: string,
  small: number,
  ours: ReadonlyMap<string, number>,
): Promise<object[]> {
  const python = process.env['NACRE_TEST_PYTHON']
  if (python === undefined) return []
  const script = join(import.meta.dirname, 'avro-export.py')
  return [
    ['null', ''],
    ['deflate', ''],
    ['deflate', '3'],
  ].map(([codec, level]) => {
    const avro = join(folder, `${codec}-1-${small}`, 'part-00000.avro')
    const files = planOf(folder, small).files.map(({ path }) => path.slice('file://'.length))
    const output = execFileSync(python, [script, String(fastavroRows), codec!, level!, avro, ...files])
    const theirs = JSON.parse(output.toString()) as Record<string, number>
    const times = (mine: number, other: number): string => (mine / other).toFixed(1)
    return {
      codec: `${codec} ${level}`,
      'fastavro writes rows/CPU-s': theirs['write'],
      'ours ×': times(ours.get(codec!)!, theirs['write']!),
      'dates as numbers': theirs['write numbers'],
      'ours × these': times(ours.get(codec!)!, theirs['write numbers']!),
      'fastavro reads': theirs['read'],
      'ours × reads': times(ours.get(`read ${codec}`)!, theirs['read']!),
    }
  })
}

function run(task: Task): Figures {
  const output = execFileSync(process.execPath, [import.meta.filename, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return JSON.parse(output.toString()) as Figures
}

async function measure(task: Task): Promise<Figures> {
  const resident: number[] = []
  const timer = setInterval(() => resident.push(process.memoryUsage.rss() / 1e6), 20)
  const startedAt = performance.now()
  const cpu = process.cpuUsage()
  const megabytes = await works[task.kind](task)
  const { user, system } = process.cpuUsage(cpu)
  const seconds = (performance.now() - startedAt) / 1000
  clearInterval(timer)
  const quarters = [0.25, 0.5, 0.75, 1].map((part) => resident[Math.ceil(resident.length * part) - 1] ?? 0)
  return {
    rows: task.rows,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    megabytes,
    resident: [...quarters, Math.max(...resident, 0)],
  }
}

const works: Record<Task['kind'], (task: Task) => Promise<number>> = {
  async make({ folder, rows }) {
    await using engine = await openEngine({ name: 'duckdb' })
    for (let from = 0; from < rows; from += rowsPerFile) {
      const until = Math.min(rows, from + rowsPerFile)
      const fields = Object.keys(columns).map((name, index) => `${name}: ${index + 1}`)
      await engine.rows(
        rawSql(`copy (select 'reader-' || (i * 7919 % 1000000) || '@example.org' as reader, i::bigint * 31 as book,
          timestamptz '2026-01-05 10:11:12+00' + to_microseconds(i * 1000003) as started_at, date '2026-01-05' + (i // 1000000)::integer as day,
          i / 3 as minutes, (i % 500)::integer as pages, i % 9 = 0 as finished, case when i % 2 = 0 then 'phone' when i % 3 = 0 then 'tablet' end as device
          from range(${from}, ${until}) numbers(i)) to '${fileOf(folder, from)}' (format parquet, field_ids {${fields.join(', ')}})`),
      )
    }
    return 0
  },
  async scan({ folder, rows }) {
    await using engine = await openEngine({ name: 'duckdb', threads: 1 })
    await engine.attach(planOf(folder, rows))
    let seen = 0
    for await (const batch of await engine.columns(
      sql`select * from ${{ kind: 'table-ref', name: 'bench.sessions' }}`,
    ))
      seen += batch.rowCount
    if (seen !== rows) throw new Error(`${seen} rows instead of ${rows}`)
    return 0
  },
  async export({ folder, rows, threads, codec }) {
    const plan = planOf(folder, rows)
    const target = join(folder, `${codec}-${threads}-${rows}`)
    await rm(target, { recursive: true, force: true }) // one that is there would be taken as it is
    await using engine = new SharedFeedEngine({ mounts: [] })
    const manifest: ExportManifest = await exportSnapshot(
      target,
      {
        table: plan.table,
        tableUuid: plan.tableUuid,
        snapshotId: '1',
        sequenceNumber: 1,
        schema: avroSchemaOf(plan.schema, plan.table),
        codec,
      },
      () => openFeedSource(plan, engine, { threads }),
    )
    if (manifest.rows !== rows) throw new Error(`${manifest.rows} rows instead of ${rows}`)
    return Math.round(manifest.sizeBytes / 1e6)
  },
  async read({ folder, rows, threads, codec }) {
    let seen = 0
    for await (const batch of readAvro(
      createReadStream(join(folder, `${codec}-${threads}-${rows}`, 'part-00000.avro')),
    ))
      seen += batch.length
    if (seen !== rows) throw new Error(`${seen} rows instead of ${rows}`)
    return 0
  },
}

function fileOf(folder: string, from: number): string {
  return join(folder, `${String(from).padStart(9, '0')}.parquet`)
}

/** The first files of the table. */
function planOf(folder: string, rows: number): ScanPlan {
  const files: ScanFile[] = []
  for (let from = 0; from < rows; from += rowsPerFile)
    files.push({
      path: `file://${fileOf(folder, from)}`,
      rowCount: Math.min(rows - from, rowsPerFile),
      sizeBytes: statSync(fileOf(folder, from)).size,
      partition: {},
      schemaId: 0,
    })
  const fields = Object.entries(columns).map(([name, type], index) => ({
    id: index + 1,
    name,
    type,
    required: false,
  }))
  const schema = { type: 'struct', 'schema-id': 0, fields } as const
  return {
    table: 'bench.sessions',
    tableUuid: 'bench',
    snapshotId: '1',
    schema,
    fileSchemas: [schema],
    files,
  }
}

const task = process.argv[2]?.startsWith('{') ? (JSON.parse(process.argv[2]) as Task) : undefined
if (task) process.stdout.write(JSON.stringify(await measure(task)))
else await report(Number(process.argv[2] ?? 10_000_000))
