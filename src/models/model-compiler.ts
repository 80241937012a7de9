import { NacreError, sha256, toNacreError, uuidv7 } from '../base/index.ts'
import { columnType } from '../engines/index.ts'
import { CompilePool, type CompilePoolOptions } from './malloy/compile-pool.ts'
import type {
  CompileAnswer,
  CompiledModel,
  CompiledQuery,
  DescribeRequest,
  Description,
  ModelProblem,
} from './malloy/compile-protocol.ts'
import type { ModelHost } from './model-host.ts'
import { SharedFlights } from './shared-flights.ts'

/** Malloy files of an app, and the one to start from. */
export interface ModelText {
  /** Text by file name. */
  readonly files: Readonly<Record<string, string>>
  readonly model: string
}

/** A query over a model. */
export interface QueryText extends ModelText {
  /** A Malloy query such as `engagement -> by_day`, or statements ending in `run: …`. */
  readonly query: string
  /** Text of people who may not reach past the model: no tables, SQL, imports or raw functions of their own. */
  readonly restricted: boolean
}

/** A compiled query with the tables it reads as they are now. */
export interface CurrentQuery {
  readonly compiled: CompiledQuery
  /** By table name. */
  readonly tables: ReadonlyMap<string, TableState>
}

export type TableState = Awaited<ReturnType<ModelHost['describeTable']>>

/** A model with the table schemas it was compiled with; when one of them changes the version is replaced. */
interface ModelVersion {
  readonly id: string
  /** JSON of each table's schema, or `missing`. */
  readonly schemas: Map<string, string>
  readonly queries: Map<string, CompiledQuery>
}

const versionsKept = 32
const queriesKept = 1000

/**
 * Compiles Malloy and keeps what was compiled for as long as the schemas of the tables stay as they were. Dispose it to stop its
 * worker threads.
 */
export class ModelCompiler implements AsyncDisposable {
  readonly #host: ModelHost
  readonly #pool: CompilePool
  readonly #versions = new Map<string, ModelVersion>()
  readonly #flights = new SharedFlights<CompiledQuery>()

  constructor(options: CompilePoolOptions, effects: { host: ModelHost }) {
    this.#host = effects.host
    this.#pool = new CompilePool(options)
  }

  /** A query as SQL. Throws NACRE_MODEL_INVALID with place, line and complaint. */
  async compileQuery(request: QueryText, signal: AbortSignal): Promise<CurrentQuery> {
    const { version, tables } = await this.#currentVersion(request)
    const key = sha256(JSON.stringify([request.query, request.restricted]))
    let compiled = version.queries.get(key)
    if (compiled === undefined) {
      compiled = await this.#flights.join(`${version.id} ${key}`, signal, async (shared) => {
        const query = { text: request.query, restricted: request.restricted }
        const answer = await this.#ask(version, request, query, shared)
        if (answer.kind !== 'query') throw modelError(answer.kind === 'problems' ? answer.problems : [])
        return answer.query
      })
      remember(version.queries, key, compiled, queriesKept)
    }
    // The first compile of a version learns of tables only while it runs.
    const unseen = compiled.tables.filter((name) => !tables.has(name))
    for (const [name, state] of await this.#describeTables(unseen)) tables.set(name, state)
    return { compiled, tables }
  }

  /** What a model offers and what the compiler has to say about it. Complaints are a value here, not an error. */
  async compileModel(request: ModelText, signal: AbortSignal): Promise<CompiledModel> {
    const { version } = await this.#currentVersion(request)
    const answer = await this.#ask(version, request, undefined, signal)
    return answer.kind === 'model'
      ? answer.model
      : { problems: answer.kind === 'problems' ? answer.problems : [], sources: [] }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool[Symbol.asyncDispose]()
  }

  /** The version of these files whose table schemas are those of now. */
  async #currentVersion(
    text: ModelText,
  ): Promise<{ version: ModelVersion; tables: Map<string, TableState> }> {
    if (!Object.hasOwn(text.files, text.model)) {
      const known = Object.keys(text.files).join(', ') || 'none'
      throw new NacreError(
        'NACRE_MODEL_INVALID',
        `There is no model file '${text.model}'; there is ${known}.`,
      )
    }
    const key = sha256(JSON.stringify([text.model, text.files]))
    const kept = this.#versions.get(key)
    const tables = await this.#describeTables(kept?.schemas.keys() ?? [])
    const isCurrent = [...(kept?.schemas ?? [])].every(
      ([name, schema]) => schemaText(tables.get(name)) === schema,
    )
    // Another request may have put a newer version in place meanwhile; then that one is used.
    const newest = this.#versions.get(key)
    const version =
      newest !== undefined && (isCurrent || newest !== kept)
        ? newest
        : { id: uuidv7(), schemas: new Map<string, string>(), queries: new Map<string, CompiledQuery>() }
    remember(this.#versions, key, version, versionsKept)
    return { version, tables }
  }

  async #describeTables(names: Iterable<string>): Promise<Map<string, TableState>> {
    const states = await Promise.all(
      [...names].map(async (name) => [name, await this.#describeTable(name)] as const),
    )
    return new Map(states.filter((entry): entry is [string, TableState] => !(entry[1] instanceof NacreError)))
  }

  /** A table that does not exist is a value: the error that says so. */
  async #describeTable(name: string): Promise<TableState | NacreError> {
    try {
      return await this.#host.describeTable(name)
    } catch (thrown) {
      const error = toNacreError(thrown)
      if (error.code !== 'NACRE_NOT_FOUND') throw error
      return error
    }
  }

  #ask(
    version: ModelVersion,
    { files, model }: ModelText,
    query: { readonly text: string; readonly restricted: boolean } | undefined,
    signal: AbortSignal,
  ): Promise<CompileAnswer> {
    const request = { version: version.id, files, model, ...(query === undefined ? {} : { query }) }
    return this.#pool.compile(request, (asked) => this.#describe(version, asked), signal)
  }

  async #describe(version: ModelVersion, asked: DescribeRequest): Promise<Description> {
    if (asked.kind === 'sql') {
      try {
        const described = await this.#host.describeSql(asked.sql)
        const states = await this.#describeTables(described.tables)
        for (const table of described.tables) version.schemas.set(table, schemaText(states.get(table)))
        return described
      } catch (thrown) {
        const error = toNacreError(thrown)
        if (error.code !== 'NACRE_SQL' && error.code !== 'NACRE_NOT_FOUND') throw error
        return { error: error.message }
      }
    }
    const state = await this.#describeTable(asked.table)
    if (state instanceof NacreError) {
      version.schemas.set(asked.table, schemaText(undefined))
      return { error: state.message }
    }
    version.schemas.set(asked.table, schemaText(state))
    return {
      columns: state.schema.fields.map(({ name, type }) => ({ name, type: columnType(type) })),
      tables: [asked.table],
    }
  }
}

function schemaText(state: TableState | undefined): string {
  return state === undefined ? 'missing' : JSON.stringify(state.schema)
}

/** Puts an entry last, and drops the first ones beyond `limit`. */
function remember<Value>(entries: Map<string, Value>, key: string, value: Value, limit: number): void {
  entries.delete(key)
  entries.set(key, value)
  for (const oldest of [...entries.keys()].slice(0, -limit)) entries.delete(oldest)
}

function modelError(problems: readonly ModelProblem[]): NacreError {
  const errors = problems.filter(({ severity }) => severity === 'error')
  const [first] = errors
  const place = first === undefined ? '' : `${first.file ?? 'query'}:${first.line}:${first.column}: `
  const line = first?.text.trim() ? `\n  ${first.line} | ${first.text}` : ''
  const more = errors.length > 1 ? `\n(and ${errors.length - 1} more)` : ''
  const message = `${place}${first?.message ?? 'The text holds no query.'}${line}${more}`
  return new NacreError('NACRE_MODEL_INVALID', message, { details: { ...first, problems } })
}
