/** `nacre/testing`: runs an app's jobs inside a test, on a real engine and real table files. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NacreError } from '../base/index.ts'
import { openDatabase, migrate } from '../database/index.ts'
import { openEngine, type ResultRow } from '../engines/index.ts'
import { jobManifest, type JobDefinition, type JobLog, type LogLine } from '../jobs/index.ts'
import { executeJob } from '../runner/index.ts'
import { sql } from '../sql/index.ts'
import { openFileStore } from '../storage/index.ts'
import {
  openCatalog,
  migrations as catalogMigrations,
  type ScanPlan,
  type TableDefinition,
  type WriteTarget,
} from '../tables/index.ts'

/** What a tested job is given. */
export interface TestJobOptions {
  /** Rows of each table the job reads, by alias; timestamps and dates as ISO text. */
  readonly reads?: Readonly<Record<string, readonly object[]>>
  /** Rows that its output tables hold beforehand, by alias. */
  readonly existing?: Readonly<Record<string, readonly object[]>>
  /** Days of the run, `YYYY-MM-DD`. */
  readonly days?: readonly string[]
  /** When the slot was due. Default: now. */
  readonly now?: Date
}

/** What a tested job did. */
export interface TestJobResult {
  /** Rows of each output table after the run, by alias. */
  readonly writes: Readonly<Record<string, readonly ResultRow[]>>
  readonly log: readonly Pick<LogLine, 'level' | 'message' | 'fields'>[]
}

/**
 * Runs one job in this process: its reads hold the given rows, its writes are committed to throw-away tables, its checks run.
 * Throws what the job or a check throws.
 * @example
 * const { writes } = await testJob(engagement, { reads: { spans: [{ … }] }, days: ['2026-01-05'] })
 */
export async function testJob(
  definition: JobDefinition,
  options: TestJobOptions = {},
): Promise<TestJobResult> {
  refuseUnknown(definition, 'reads', options.reads)
  refuseUnknown(definition, 'writes', options.existing)
  const folder = await mkdtemp(join(tmpdir(), 'nacre-test-job-'))
  try {
    const mount = { uri: 's3://nacre', folder }
    await using database = await openDatabase({})
    await migrate(database, catalogMigrations)
    await using engine = await openEngine({ name: 'duckdb', threads: 1, mounts: [mount] })
    const catalog = openCatalog({
      database,
      store: openFileStore(mount),
      warehouse: mount.uri,
    })
    const insert = async (table: TableDefinition, rows: readonly object[]): Promise<void> => {
      await catalog.ensureTable(table)
      if (rows.length === 0) return
      const target = await catalog.planWrite(table.name)
      await engine.attachRows('given rows', target, rows)
      const files = await engine.write(
        target,
        sql`select * from ${{ kind: 'table-ref', name: 'given rows' }}`,
      )
      await catalog.commit([{ kind: 'append', table: table.name, files }])
    }
    const readTables = Object.entries(definition.spec.reads ?? {})
    const writtenTables = Object.entries(definition.spec.writes ?? {})
    for (const [alias, table] of readTables) await insert(table, options.reads?.[alias] ?? [])
    for (const [alias, table] of writtenTables) await insert(table, options.existing?.[alias] ?? [])
    // All rows are there before any is planned: a job may read what it writes.
    const reads: Record<string, ScanPlan> = {}
    for (const [alias, { name }] of readTables) reads[alias] = await catalog.planScan(name)
    const writes: Record<string, WriteTarget> = {}
    for (const [alias, { name }] of writtenTables) writes[alias] = await catalog.planWrite(name)
    const log: Pick<LogLine, 'level' | 'message' | 'fields'>[] = []
    const line =
      (level: LogLine['level']): JobLog['info'] =>
      (message, fields) =>
        void log.push(fields === undefined ? { level, message } : { level, message, fields })
    const changes = await executeJob(
      {
        definition,
        reads,
        writes,
        days: options.days ?? [],
        dueAt: (options.now ?? new Date()).toISOString(),
        runId: 'test',
        attempt: 1,
        checks: jobManifest(definition, { team: 'test' }).checks,
      },
      {
        engine,
        log: { info: line('info'), warn: line('warn'), error: line('error') },
        signal: new AbortController().signal,
      },
    )
    await catalog.commit(changes)
    const results: Record<string, readonly ResultRow[]> = {}
    for (const [alias, { table }] of Object.entries(writes)) {
      await engine.attach(await catalog.planScan(table))
      results[alias] = await engine.rows(sql`select * from ${{ kind: 'table-ref', name: table }}`)
    }
    return { writes: results, log }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A misspelt alias would leave a table empty and the test puzzling. */
function refuseUnknown({ name, spec }: JobDefinition, side: 'reads' | 'writes', given: object = {}): void {
  const aliases = Object.keys(spec[side] ?? {})
  const unknown = Object.keys(given).find((alias) => !aliases.includes(alias))
  if (unknown === undefined) return
  throw new NacreError(
    'NACRE_INPUT',
    `Rows were given for '${unknown}', which job '${name}' does not name in ${side}; it names ${aliases.join(', ') || 'nothing'}.`,
  )
}
