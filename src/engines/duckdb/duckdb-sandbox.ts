import type { DuckDBDataChunk } from '@duckdb/node-api'
import { NacreError } from '../../base/index.ts'
import type { ScanPlan } from '../../tables/index.ts'
import type { ResultColumn, ResultRow, ResultValue } from '../engine.ts'
import type {
  QuerySandbox,
  SandboxOptions,
  SandboxQuery,
  SandboxResult,
  SandboxRun,
} from '../query-sandbox.ts'
import { Duckdb } from './duckdb.ts'
import { rowArrays, rowObjects } from './result-rows.ts'
import { guardSelect } from './select-guard.ts'
import { Slots } from './slots.ts'
import { SnapshotSets } from './snapshot-sets.ts'
import { toSqlError } from './sql-error.ts'

const defaults = { memoryBytes: 512 * 1024 ** 2, threads: 2, maxConcurrent: 2, maxSnapshotSets: 4 }

/** Opens a sandbox whose statements run in locked DuckDBs, in memory. */
export async function openDuckdbSandbox(options: SandboxOptions = {}): Promise<QuerySandbox> {
  const limits = { ...defaults, ...options }
  const parser = await Duckdb.open({ threads: 1 })
  await parser.lock([])
  return new DuckdbSandbox(limits, parser)
}

class DuckdbSandbox implements QuerySandbox {
  readonly #parser: Duckdb
  readonly #slots: Slots
  readonly #sets: SnapshotSets

  constructor(limits: SandboxOptions & typeof defaults, parser: Duckdb) {
    this.#parser = parser
    this.#slots = new Slots(limits.maxConcurrent)
    this.#sets = new SnapshotSets(limits, limits.maxSnapshotSets)
  }

  async tablesOf(statement: string): Promise<readonly string[]> {
    return (await guardSelect(this.#parser, statement)).tables
  }

  describe(query: SandboxQuery): Promise<readonly ResultColumn[]> {
    return this.#enter(query, (duckdb, text, signal) => duckdb.describe(text, signal))
  }

  run(query: SandboxRun): Promise<SandboxResult<readonly ResultValue[]>> {
    return this.#collect(query, rowArrays)
  }

  runObjects(query: SandboxRun): Promise<SandboxResult<ResultRow>> {
    return this.#collect(query, rowObjects)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#parser[Symbol.asyncDispose](), this.#sets[Symbol.asyncDispose]()])
  }

  #collect<Row>(
    query: SandboxRun,
    rowsOf: (chunk: DuckDBDataChunk, columns: readonly ResultColumn[]) => readonly Row[],
  ): Promise<SandboxResult<Row>> {
    const started = performance.now()
    const { rowLimit = 1000 } = query
    return this.#enter(query, async (duckdb, text, signal) => {
      const { columns, chunks } = await duckdb.stream(text, signal)
      const rows: Row[] = []
      for await (const chunk of chunks) {
        for (const row of rowsOf(chunk, columns)) rows.push(row)
        if (rows.length > rowLimit) break
      }
      const truncated = rows.length > rowLimit
      return { columns, rows: rows.slice(0, rowLimit), truncated, elapsedMs: performance.now() - started }
    })
  }

  /** Guards the statement, then waits for a place and for the DuckDB that holds the tables it names. */
  async #enter<T>(
    query: SandboxQuery,
    work: (duckdb: Duckdb, text: string, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const timeout = AbortSignal.timeout(query.timeoutMs ?? 30_000)
    const signal = query.signal ? AbortSignal.any([query.signal, timeout]) : timeout
    const { text, tables } = await guardSelect(this.#parser, query.statement, signal)
    const plans = namedPlans(query, tables)
    try {
      return await this.#slots.run(signal, () =>
        this.#sets.use(plans, (duckdb) => work(duckdb, text, signal)),
      )
    } catch (thrown) {
      throw toSqlError(thrown, { statement: text, signal })
    }
  }
}

function namedPlans({ plans, statement }: SandboxQuery, tables: readonly string[]): ScanPlan[] {
  const named = tables.map((name) => {
    const plan = plans.find(({ table }) => table.toLowerCase() === name.toLowerCase())
    if (plan) return plan
    const known = plans.map(({ table }) => table)
    throw new NacreError(
      'NACRE_SQL',
      `There is no table '${name}' here. ${known.length === 0 ? 'No table can be read.' : `The tables are ${known.join(', ')}.`}`,
      { details: { table: name, known, statement } },
    )
  })
  return [...new Set(named)]
}
