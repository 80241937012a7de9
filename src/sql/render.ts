import { isSql, isTableRef, type Sql, type SqlPart, type SqlValue } from './fragment.ts'

/** SQL text with `$1…` parameters, ready for a driver. */
export interface RenderedSql {
  readonly text: string
  readonly parameters: readonly SqlValue[]
}

/**
 * Flattens a fragment into text and parameters.
 * @param resolveTable SQL that stands for a table, such as a quoted view name.
 */
export function renderSql(fragment: Sql, resolveTable: (name: string) => string): RenderedSql {
  const parameters: SqlValue[] = []
  const render = (part: SqlPart): string => {
    if (isSql(part)) {
      return part.strings
        .map((text, index) => (index < part.values.length ? text + render(part.values[index]!) : text))
        .join('')
    }
    if (isTableRef(part)) return resolveTable(part.name)
    parameters.push(part)
    return `$${parameters.length}`
  }
  return { text: render(fragment), parameters }
}
