import {
  InMemoryURLReader,
  MalloyError,
  modelDefToModelInfo,
  Runtime,
  type Field,
  type LogMessage,
  type ModelMaterializer,
} from '@malloydata/malloy'
import type { AtomicType, FieldInfo, ModelInfo } from '@malloydata/malloy-interfaces'
import type {
  CompileAnswer,
  CompileRequest,
  DescribeRequest,
  Description,
  ModelProblem,
  ModelSource,
  ResultColumn,
} from './compile-protocol.ts'
import { ModelConnection } from './model-connection.ts'

const base = 'file:///'

/** A compiled model. */
export interface LoadedModel {
  readonly connection: ModelConnection
  readonly materializer: ModelMaterializer
}

/** Compiles a model. Throws what {@link explainProblems} explains. */
export async function loadModel(
  { files, model }: CompileRequest,
  describe: (request: DescribeRequest) => Promise<Description>,
): Promise<LoadedModel> {
  const connection = new ModelConnection(describe)
  const urlReader = new InMemoryURLReader(
    new Map(Object.entries(files).map(([name, text]) => [urlOf(name).href, text])),
  )
  const materializer = new Runtime({ urlReader, connection }).loadModel(urlOf(model))
  await materializer.getModel()
  return { connection, materializer }
}

/** Compiles the request's query, or without one describes the model. */
export async function compile(
  { connection, materializer }: LoadedModel,
  request: CompileRequest,
): Promise<CompileAnswer> {
  if (request.query === undefined) {
    const model = await materializer.getModel()
    const problems = model.problems.map((problem) => readProblem(problem, request))
    return { kind: 'model', model: { problems, sources: readSources(modelDefToModelInfo(model._modelDef)) } }
  }
  const text = statementOf(request.query.text)
  const prepared = await (
    request.query.restricted ? materializer.loadRestrictedQuery(text) : materializer.loadQuery(text)
  ).getPreparedResult()
  return {
    kind: 'query',
    query: {
      sql: prepared.sql,
      columns: prepared.resultExplore.allFields.map((field) => ({ name: field.name, type: typeOf(field) })),
      tables: connection.tablesOf(prepared.sql),
    },
  }
}

/** Turns the compiler's complaints from an exception into an answer. */
export async function explainProblems(
  request: CompileRequest,
  work: () => Promise<CompileAnswer>,
): Promise<CompileAnswer> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof MalloyError)) throw error
    const problems = error.problems.map((problem) => readProblem(problem, request))
    return {
      kind: 'problems',
      problems: problems.length > 0 ? problems : [{ ...nowhere, message: error.message }],
    }
  }
}

const runLine = 'run:\n'

/** A text with a `run:` stands as it is; anything else is taken as the query itself, and `run:` goes on a line of its own. */
function statementOf(query: string): string {
  return /\brun\s*:/.test(query) ? query : runLine + query
}

function typeOf(field: Field): ResultColumn['type'] {
  if (!field.isAtomicField()) return 'other'
  if (field.isString()) return 'string'
  if (field.isNumber()) return 'number'
  if (field.isBoolean()) return 'boolean'
  if (field.isDate()) return 'date'
  if (!field.isTimestamp()) return 'other'
  return /^(day|week|month|quarter|year)$/.test(field.timeframe ?? '') ? 'date' : 'timestamp'
}

function readSources({ entries }: ModelInfo): ModelSource[] {
  return entries
    .filter((entry) => entry.kind === 'source')
    .map(({ name, schema, annotations }) => ({
      name,
      doc: docOf(annotations),
      fields: schema.fields.filter(isField).map((field) => ({
        name: field.name,
        kind: field.kind,
        type: namedTypes[field.type.kind] ?? 'other',
        doc: docOf(field.annotations),
      })),
      views: schema.fields
        .filter(({ kind }) => kind === 'view')
        .map((view) => ({ name: view.name, doc: docOf(view.annotations) })),
    }))
}

function isField(field: FieldInfo): field is Extract<FieldInfo, { kind: 'dimension' | 'measure' }> {
  return field.kind === 'dimension' || field.kind === 'measure'
}

/** Text of `#" …` annotations, which Malloy sets apart for documentation. */
function docOf(annotations: readonly { readonly value: string }[] | undefined): string | null {
  const lines = (annotations ?? [])
    .filter(({ value }) => value.startsWith('#"'))
    .map(({ value }) => value.slice(2).trim())
  return lines.length === 0 ? null : lines.join('\n')
}

const namedTypes: Partial<Record<AtomicType['kind'], ResultColumn['type']>> = {
  string_type: 'string',
  number_type: 'number',
  boolean_type: 'boolean',
  date_type: 'date',
  timestamp_type: 'timestamp',
  timestamptz_type: 'timestamp',
}

const nowhere: ModelProblem = { severity: 'error', message: '', file: null, line: 0, column: 0, text: '' }

/** Places a complaint in the text its author wrote. */
function readProblem({ message, severity, at }: LogMessage, { files, query }: CompileRequest): ModelProblem {
  const problem: ModelProblem = { ...nowhere, message, severity: severity === 'error' ? 'error' : 'warning' }
  if (at === undefined) return problem
  const file = at.url.startsWith(base) ? decodeURI(at.url.slice(base.length)) : null
  const text = file === null ? statementOf(query?.text ?? '') : (files[file] ?? '')
  const addedLines = file === null && text.startsWith(runLine) && text !== query?.text ? 1 : 0
  const { line, character } = at.range.start
  return {
    ...problem,
    file,
    line: Math.max(1, line + 1 - addedLines),
    column: character + 1,
    text: text.split('\n')[Math.max(line, addedLines)] ?? '',
  }
}

function urlOf(file: string): URL {
  return new URL(encodeURI(file), base)
}
