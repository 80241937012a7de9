import type { ColumnBatch } from '../../avro/index.ts'
import { Mutex } from '../../base/index.ts'
import { quoteIdentifier, type Sql } from '../../sql/index.ts'
import type { DataFile, ScanPlan, WriteTarget } from '../../tables/index.ts'
import type { Engine, EngineOptions, QueryResult, ResultRow } from '../engine.ts'
import { columnBatches } from './column-batches.ts'
import { Duckdb } from './duckdb.ts'
import { readRows } from './read-rows.ts'
import { rowObjects } from './result-rows.ts'
import { readPlan } from './scan-select.ts'
import { viewStatements } from './view-name.ts'
import { writeFiles } from './write-files.ts'

/** Opens an engine on a DuckDB of its own, in memory. */
export async function openDuckdbEngine(options: EngineOptions = {}): Promise<Engine> {
  return new DuckdbEngine(await Duckdb.open(options), options)
}

class DuckdbEngine implements Engine {
  readonly name = 'duckdb'
  readonly #duckdb: Duckdb
  readonly #options: EngineOptions
  /** DuckDB refuses two changes of one view at a time. */
  readonly #views = new Mutex()

  constructor(duckdb: Duckdb, options: EngineOptions) {
    this.#duckdb = duckdb
    this.#options = options
  }

  async attach(plan: ScanPlan): Promise<void> {
    await this.#publishView(plan.table, await readPlan(this.#duckdb, plan, this.#options))
  }

  attachStaged(name: string, target: WriteTarget, files: readonly DataFile[]): Promise<void> {
    const schemaId = target.schema['schema-id']
    return this.attach({
      table: name,
      tableUuid: target.tableUuid,
      snapshotId: null,
      schema: target.schema,
      fileSchemas: [target.schema],
      files: files.map((file) => ({ ...file, schemaId })),
    })
  }

  async attachRows(
    name: string,
    target: Pick<WriteTarget, 'schema'>,
    rows: readonly object[],
  ): Promise<void> {
    const table = `nacre_rows.${quoteIdentifier(name)}`
    await readRows(this.#duckdb, table, target.schema, rows, this.#options.scratchFolder)
    await this.#publishView(name, `SELECT * FROM ${table}`)
  }

  async query(statement: Sql | string, options: { signal?: AbortSignal } = {}): Promise<QueryResult> {
    const { columns, chunks } = await this.#duckdb.stream(statement, options.signal)
    async function* batches(): AsyncGenerator<ResultRow[]> {
      for await (const chunk of chunks) yield rowObjects(chunk, columns)
    }
    return { columns, batches: batches() }
  }

  async columns(
    statement: Sql | string,
    options: { signal?: AbortSignal } = {},
  ): Promise<AsyncIterable<ColumnBatch>> {
    const { columns, chunks } = await this.#duckdb.stream(statement, options.signal)
    return columnBatches(chunks, columns)
  }

  async rows<Row = ResultRow>(
    statement: Sql | string,
    options: { signal?: AbortSignal } = {},
  ): Promise<Row[]> {
    return (await this.#duckdb.all(statement, options.signal)) as Row[]
  }

  write(
    target: WriteTarget,
    select: Sql,
    options: { signal?: AbortSignal } = {},
  ): Promise<readonly DataFile[]> {
    return writeFiles(this.#duckdb, target, select, { ...this.#options, ...options })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#duckdb[Symbol.asyncDispose]()
  }

  #publishView(name: string, select: string): Promise<void> {
    return this.#views.run(async () => {
      for (const statement of viewStatements(name, select)) await this.#duckdb.all(statement)
    })
  }
}
