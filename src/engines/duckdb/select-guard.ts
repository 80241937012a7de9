import { NacreError } from '../../base/index.ts'
import { sql } from '../../sql/index.ts'
import type { Duckdb } from './duckdb.ts'

/** A statement that was found to be one harmless SELECT. */
export interface GuardedSelect {
  /** The statement without a closing semicolon, so that it can stand in parentheses. */
  readonly text: string
  /** Tables as written, `namespace.name`; names of common table expressions are not among them. */
  readonly tables: readonly string[]
}

/** Functions that make rows of nothing but their arguments. Others reach files, settings or logs, or run SQL given as text. */
const tableFunctions = new Set(['generate_series', 'json_each', 'json_tree', 'range', 'repeat', 'unnest'])

/** Functions that read or change the state of the engine, or hold a thread. */
const forbiddenFunctions = new Set([
  'current_setting',
  'getvariable',
  'json_serialize_plan',
  'pg_sleep',
  'sleep_ms',
  'write_log',
])

/**
 * Names that mean a file, a qualified table or a view of DuckDB's own where no common table expression of that name is in scope, and
 * scopes are not followed here.
 */
const elsewhere = /[./:]|^(?:duckdb|pg|pragma|sqlite)_/i

interface Syntax {
  readonly error: boolean
  readonly error_type?: string
  readonly error_message?: string
  readonly position?: string
  readonly statements?: readonly unknown[]
}

type Node = Readonly<Record<string, unknown>>

/**
 * Reads a statement with DuckDB's own parser and refuses all but one SELECT of plain functions. This is the layer that
 * stops what a locked DuckDB still lets a SELECT do, such as `FROM enable_logging()`, which disables the whole instance.
 */
export async function guardSelect(
  parser: Duckdb,
  statement: string,
  signal?: AbortSignal,
): Promise<GuardedSelect> {
  const [row] = await parser.all(
    sql`SELECT CAST(json_serialize_sql(CAST(${statement} AS VARCHAR)) AS VARCHAR) AS syntax`,
    signal,
  )
  const syntax = JSON.parse(row!['syntax'] as string) as Syntax
  if (syntax.error_type === 'not implemented')
    throw refusal(
      'Only a SELECT can be run here. PIVOT and UNPIVOT need their values listed, inside a SELECT',
      statement,
    )
  if (syntax.error)
    throw refusal(
      `${syntax.error_message}${syntax.position === undefined ? '' : ` at character ${Number(syntax.position) + 1}`}`,
      statement,
    )
  const count = syntax.statements?.length ?? 0
  if (count !== 1) throw refusal(`Give exactly one statement, not ${count}`, statement)
  return { text: statement.trim().replace(/[;\s]+$/, ''), tables: tablesIn(syntax.statements, statement) }
}

function tablesIn(syntax: unknown, statement: string): string[] {
  const tables = new Set<string>()
  const expressions = new Set<string>()
  for (const node of nodesOf(syntax)) {
    checkNode(node, statement)
    if (node['type'] === 'BASE_TABLE') tables.add(tableName(node))
    for (const name of expressionNames(node)) expressions.add(name.toLowerCase())
  }
  return [...tables].filter((name) => !expressions.has(name.toLowerCase()) || elsewhere.test(name))
}

function checkNode(node: Node, statement: string): void {
  if (node['type'] === 'TABLE_FUNCTION') {
    const name = functionName(node['function'] as Node)
    if (!tableFunctions.has(name))
      throw refusal(`The table function ${name}() cannot be used here`, statement)
  }
  if (node['class'] === 'FUNCTION' && forbiddenFunctions.has(functionName(node)))
    throw refusal(`The function ${functionName(node)}() cannot be used here`, statement)
  if (node['type'] === 'SHOW_REF' && node['query'] === null)
    throw refusal('SHOW cannot be used here; write DESCRIBE and the name of a table', statement)
  if (node['class'] === 'PARAMETER')
    throw refusal('Parameters cannot be used here; write the value', statement)
}

function functionName(node: Node): string {
  return String(node['function_name']).toLowerCase()
}

function tableName(node: Node): string {
  return [node['catalog_name'], node['schema_name'], node['table_name']]
    .filter((part) => part !== '')
    .join('.')
}

function expressionNames(node: Node): string[] {
  const map = (node['cte_map'] as { map?: readonly { key: string }[] } | undefined)?.map ?? []
  return map.map(({ key }) => key)
}

function* nodesOf(value: unknown): Generator<Node> {
  const waiting = [value]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (typeof next !== 'object' || next === null) continue
    if (!Array.isArray(next)) yield next as Node
    waiting.push(...Object.values(next))
  }
}

function refusal(reason: string, statement: string): NacreError {
  return new NacreError('NACRE_SQL', `${reason}.`, { details: { statement } })
}
