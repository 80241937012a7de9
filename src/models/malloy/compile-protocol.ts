/** What a compile worker is asked. */
export interface CompileRequest {
  /** Names the files together with the schemas of their tables; a worker compiles the model once per version. */
  readonly version: string
  /** Text of the model files by name. */
  readonly files: Readonly<Record<string, string>>
  /** The file to compile; it may import others. */
  readonly model: string
  /** Without it the model itself is compiled and described. */
  readonly query?: { readonly text: string; readonly restricted: boolean }
}

/** What the worker must know to go on; the host replies with {@link Description}. */
export type DescribeRequest =
  | { readonly kind: 'table'; readonly table: string }
  | { readonly kind: 'sql'; readonly sql: string }

/** Columns in DuckDB's types, and for SQL the tables it reads; `error` is shown to the model's author. */
export type Description =
  | {
      readonly columns: readonly { readonly name: string; readonly type: string }[]
      readonly tables: readonly string[]
    }
  | { readonly error: string }

/** A query as SQL. */
export interface CompiledQuery {
  readonly sql: string
  readonly columns: readonly ResultColumn[]
  /** Full names of the tables the SQL reads. */
  readonly tables: readonly string[]
}

/** A column of a result. A timestamp that is truncated to days or more is a date; nested results are `other`. */
export interface ResultColumn {
  readonly name: string
  readonly type: 'string' | 'number' | 'boolean' | 'date' | 'timestamp' | 'other'
}

/** What a model offers. Empty `sources` with errors among `problems` when it does not compile. */
export interface CompiledModel {
  readonly problems: readonly ModelProblem[]
  readonly sources: readonly ModelSource[]
}

export interface ModelSource {
  readonly name: string
  readonly doc: string | null
  readonly fields: readonly {
    readonly name: string
    readonly kind: 'dimension' | 'measure'
    readonly type: ResultColumn['type']
    readonly doc: string | null
  }[]
  readonly views: readonly { readonly name: string; readonly doc: string | null }[]
}

/** One complaint of the Malloy compiler. */
export interface ModelProblem {
  readonly severity: 'error' | 'warning'
  readonly message: string
  /** Name of the model file; null for the query's own text. */
  readonly file: string | null
  /** Both from 1; 0 when unknown. */
  readonly line: number
  readonly column: number
  /** The line's text. */
  readonly text: string
}

export type CompileAnswer =
  | { readonly kind: 'query'; readonly query: CompiledQuery }
  | { readonly kind: 'model'; readonly model: CompiledModel }
  | { readonly kind: 'problems'; readonly problems: readonly ModelProblem[] }

export type ToWorker =
  | { readonly kind: 'compile'; readonly request: CompileRequest }
  | { readonly kind: 'described'; readonly id: number; readonly description: Description }

export type FromWorker =
  | { readonly kind: 'describe'; readonly id: number; readonly request: DescribeRequest }
  | { readonly kind: 'answer'; readonly answer: CompileAnswer }
  | { readonly kind: 'failed'; readonly message: string }
