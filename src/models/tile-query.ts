import type { Tile } from './dashboard-definition.ts'
import type { FilterChoice } from './filter-values.ts'

/** A tile's Malloy query with the filters applied; filters the tile has no field for are ignored. */
export function tileQuery(tile: Tile, { days, choices }: FilterChoice): string {
  const conditions: string[] = []
  if (days !== undefined && tile.dateField !== undefined) {
    conditions.push(`${fieldPath(tile.dateField)} ? @${days.from} to @${days.until}`)
  }
  for (const [filter, field] of Object.entries(tile.filterFields ?? {})) {
    const value = choices[filter]
    if (value !== undefined) conditions.push(`${fieldPath(field)} = ${stringLiteral(value)}`)
  }
  return conditions.length === 0 ? tile.query : restrictQuery(tile.query, conditions)
}

/** The distinct values of a field, for suggestions; one column `value`. */
export function valuesQuery(source: string, field: string, limit: number): string {
  const path = fieldPath(field)
  return `${quoteName(source)} -> { group_by: \`value\` is ${path}; where: ${path} is not null; order_by: \`value\`; limit: ${limit} }`
}

/**
 * Puts conditions on the source of a query, so that they hold before its first stage, whatever follows. A query without `->` is
 * a named one, which is refined.
 */
function restrictQuery(query: string, conditions: readonly string[]): string {
  const where = `{ where: ${conditions.join(', ')} }`
  const arrow = firstArrow(query)
  return arrow === undefined
    ? `${query} + ${where}`
    : `${query.slice(0, arrow).trimEnd()}\nextend ${where}\n${query.slice(arrow)}`
}

/** Where the first `->` outside strings, comments and brackets is. */
function firstArrow(query: string): number | undefined {
  const tokens =
    /"""[\s\S]*?"""|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|(?:--|\/\/|#).*|->|[([{]|[)\]}]/g
  let depth = 0
  for (const { 0: token, index } of query.matchAll(tokens)) {
    if (token === '->' && depth === 0) return index
    if (token.length === 1) depth += '([{'.includes(token) ? 1 : -1
  }
  return undefined
}

/** `book.genre` with each name quoted. */
function fieldPath(path: string): string {
  return path.split('.').map(quoteName).join('.')
}

function quoteName(name: string): string {
  return `\`${name.replaceAll(/[\\`]/g, '\\$&')}\``
}

/** A Malloy string in which all but plain characters are written as `\uXXXX`, so that nothing can end it. */
function stringLiteral(text: string): string {
  const escape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  return `'${text.replaceAll(/[^A-Za-z0-9 _.:-]/g, escape)}'`
}
