import { quoteIdentifier } from '../../sql/index.ts'

/** The namespace of `namespace.table`, undefined for a plain name. */
export function namespaceOf(name: string): string | undefined {
  const dot = name.lastIndexOf('.')
  return dot === -1 ? undefined : name.slice(0, dot)
}

/** SQL for the view of a table: `"namespace"."table"`. */
export function viewName(name: string): string {
  const namespace = namespaceOf(name)
  return namespace === undefined
    ? quoteIdentifier(name)
    : `${quoteIdentifier(namespace)}.${quoteIdentifier(name.slice(namespace.length + 1))}`
}

/** Makes `select` readable both as `namespace.table` and under its full name quoted, `"namespace.table"`. */
export function viewStatements(name: string, select: string): string[] {
  const namespace = namespaceOf(name)
  const view = `CREATE OR REPLACE VIEW ${viewName(name)} AS ${select}`
  if (namespace === undefined) return [view]
  return [
    `CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(namespace)}`,
    view,
    `CREATE OR REPLACE VIEW ${quoteIdentifier(name)} AS SELECT * FROM ${viewName(name)}`,
  ]
}
