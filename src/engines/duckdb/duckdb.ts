import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  DuckDBInstance,
  type DuckDBConnection,
  type DuckDBDataChunk,
  type DuckDBResult,
} from '@duckdb/node-api'
import { NacreError } from '../../base/index.ts'
import { quoteString, rawSql, renderSql, sql, type Sql } from '../../sql/index.ts'
import type { EngineOptions, ResultColumn, ResultRow } from '../engine.ts'
import { bindValues } from './bind-values.ts'
import { bucketMacros } from './bucket-sql.ts'
import { loadHttpfs } from './load-httpfs.ts'
import { rowObjects } from './result-rows.ts'
import { toSqlError } from './sql-error.ts'
import { viewName } from './view-name.ts'

/** What one statement gives, as DuckDB has it: columns, then chunks of at most 2048 rows. Consume or `return()` the chunks. */
export interface ChunkStream {
  readonly columns: readonly ResultColumn[]
  readonly chunks: AsyncGenerator<DuckDBDataChunk, void, undefined>
}

/** One in-memory DuckDB. Every statement has a connection of its own, so that none waits for or cancels another. */
export class Duckdb implements AsyncDisposable {
  /** The files that each attached table is read from, to tell whose file is broken. */
  readonly filesOfTables: Map<string, ReadonlySet<string>> = new Map()
  readonly #instance: DuckDBInstance
  readonly #memoryBytes: number | undefined
  readonly #spillFolder: string | undefined
  readonly #closing = new AbortController()
  readonly #connections = new Set<DuckDBConnection>()
  readonly #pending = new Set<Promise<unknown>>()
  #buckets: Promise<unknown> | undefined

  private constructor(instance: DuckDBInstance, memoryBytes?: number, spillFolder?: string) {
    this.#instance = instance
    this.#memoryBytes = memoryBytes
    this.#spillFolder = spillFolder
  }

  static async open(options: EngineOptions = {}): Promise<Duckdb> {
    const { memoryBytes, threads, scratchFolder, objectStore, extensionFolder } = options
    if (scratchFolder !== undefined) await mkdir(scratchFolder, { recursive: true })
    const spillFolder = scratchFolder && join(scratchFolder, `spill-${randomUUID()}`)
    const instance = await DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_community_extensions: 'false',
      temp_directory: spillFolder ?? '',
      ...(spillFolder === undefined && { max_temp_directory_size: '0B' }),
      ...(memoryBytes !== undefined && { memory_limit: `${Math.floor(memoryBytes)}B` }),
      ...(threads !== undefined && { threads: String(Math.max(1, Math.ceil(threads))) }),
    })
    const duckdb = new Duckdb(instance, memoryBytes, spillFolder)
    try {
      await duckdb.all(`SET GLOBAL TimeZone = 'UTC'`)
      if (objectStore) await loadHttpfs((statement) => duckdb.all(statement), objectStore, extensionFolder)
      return duckdb
    } catch (thrown) {
      await duckdb[Symbol.asyncDispose]()
      throw thrown
    }
  }

  /** Starts a statement; rows are made as they are asked for. */
  async stream(statement: Sql | string, signal?: AbortSignal): Promise<ChunkStream> {
    const { text, parameters } = renderSql(
      typeof statement === 'string' ? rawSql(statement) : statement,
      viewName,
    )
    const stop = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal
    const fail = (thrown: unknown): NacreError =>
      toSqlError(thrown, {
        statement: text,
        signal: stop,
        memoryBytes: this.#memoryBytes,
        filesOfTables: this.filesOfTables,
      })
    if (stop.aborted) throw fail(stop.reason)
    const connection = await this.#track(this.#instance.connect())
    this.#connections.add(connection)
    const close = (): void => {
      if (this.#connections.delete(connection)) connection.closeSync()
    }
    const step = <T>(work: () => Promise<T>): Promise<T> => this.#track(interruptible(connection, stop, work))
    try {
      const { values, types } = bindValues(parameters)
      const result = await step(() => connection.stream(text, values, types))
      return { columns: columnsOf(result), chunks: chunksOf(result, step, fail, close) }
    } catch (thrown) {
      close()
      throw fail(thrown)
    }
  }

  /** Runs a statement to its end. */
  async all(statement: Sql | string, signal?: AbortSignal): Promise<ResultRow[]> {
    const { columns, chunks } = await this.stream(statement, signal)
    const rows: ResultRow[] = []
    for await (const chunk of chunks) for (const row of rowObjects(chunk, columns)) rows.push(row)
    return rows
  }

  /** The columns of a SELECT, which is not run. */
  async describe(select: Sql | string, signal?: AbortSignal): Promise<readonly ResultColumn[]> {
    const fragment = typeof select === 'string' ? rawSql(select) : select
    // The line break ends a comment that the statement may end with.
    const { columns, chunks } = await this.stream(sql`SELECT * FROM (${fragment}\n) LIMIT 0`, signal)
    await chunks.return()
    return columns
  }

  /** Makes the macros that buckets are computed with, once. */
  knowBuckets(): Promise<unknown> {
    return (this.#buckets ??= this.all(bucketMacros.join(';\n')))
  }

  /** Cuts it off: from now on these files can be read, no other file, network or extension reached, and no setting changed. */
  async lock(files: readonly string[]): Promise<void> {
    await this.all(`SET allowed_paths = [${files.map(quoteString).join(', ')}]`)
    await this.all('SET enable_external_access = false')
    await this.all('SET lock_configuration = true')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort(new NacreError('NACRE_CANCELLED', 'The engine was closed.'))
    await Promise.allSettled(this.#pending)
    for (const connection of this.#connections) connection.closeSync()
    this.#connections.clear()
    this.#instance.closeSync()
    if (this.#spillFolder !== undefined) await rm(this.#spillFolder, { recursive: true, force: true })
  }

  #track<T>(work: Promise<T>): Promise<T> {
    const forget = (): boolean => this.#pending.delete(work)
    this.#pending.add(work)
    work.then(forget, forget)
    return work
  }
}

/** Awaits `work`, interrupting the connection once `signal` aborts: again and again, for an interrupt is lost on work that has not begun. */
async function interruptible<T>(
  connection: DuckDBConnection,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  let timer: NodeJS.Timeout | undefined
  const interrupt = (): void => {
    connection.interrupt()
    timer = setTimeout(interrupt, 10)
  }
  signal.addEventListener('abort', interrupt, { once: true })
  try {
    return await work()
  } finally {
    signal.removeEventListener('abort', interrupt)
    clearTimeout(timer)
  }
}

function columnsOf(result: DuckDBResult): ResultColumn[] {
  return result
    .deduplicatedColumnNames()
    .map((name, index) => ({ name, type: String(result.columnType(index)) }))
}

async function* chunksOf(
  result: DuckDBResult,
  step: <T>(work: () => Promise<T>) => Promise<T>,
  fail: (thrown: unknown) => NacreError,
  close: () => void,
): AsyncGenerator<DuckDBDataChunk, void, undefined> {
  try {
    for (;;) {
      const chunk = await step(() => result.fetchChunk())
      if (chunk === null || chunk.rowCount === 0) return
      yield chunk
    }
  } catch (thrown) {
    throw fail(thrown)
  } finally {
    close()
  }
}
