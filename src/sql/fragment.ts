/** A reference to a table by its full name, `namespace.name`; an engine resolves it to the pinned snapshot. */
export interface TableRef {
  readonly kind: 'table-ref'
  readonly name: string
}

/** Tells fragments from data that only look like one, such as parsed JSON; the same in every copy of this module, as bundles carry their own. */
const isFragment: unique symbol = Symbol.for('nacre.sql')

/** SQL text with values and table references held apart, so that nothing is ever spliced as text by accident. */
export interface Sql {
  readonly [isFragment]: true
  /** One more than `values`. */
  readonly strings: readonly string[]
  readonly values: readonly SqlPart[]
}

/** What may stand in `${…}`. Plain values become bound parameters. */
export type SqlPart = Sql | TableRef | SqlValue
export type SqlValue = string | number | bigint | boolean | Date | null | readonly SqlValue[]

/**
 * A SQL statement or a part of one.
 * @example sql`select count(*) from ${reads.spans} where day = ${'2026-01-05'}`
 */
export function sql(strings: TemplateStringsArray, ...values: SqlPart[]): Sql {
  return { [isFragment]: true, strings: [...strings], values }
}

/** Text taken as SQL as it stands. Never give it text from outside. */
export function rawSql(text: string): Sql {
  return { [isFragment]: true, strings: [text], values: [] }
}

/** A quoted identifier. */
export function identifier(name: string): Sql {
  return rawSql(quoteIdentifier(name))
}

/** Fragments joined by a separator; no fragments give empty SQL. */
export function joinSql(parts: readonly SqlPart[], separator = ', '): Sql {
  if (parts.length === 0) return rawSql('')
  return { [isFragment]: true, strings: ['', ...parts.slice(1).map(() => separator), ''], values: parts }
}

/** `name` as a double-quoted SQL identifier. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** `text` as a single-quoted SQL string. */
export function quoteString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Whether a value is a fragment made by {@link sql}, in this copy of the module or another. */
export function isSql(value: unknown): value is Sql {
  return typeof value === 'object' && value !== null && isFragment in value
}

/** Whether a value is a reference to a table. */
export function isTableRef(value: unknown): value is TableRef {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'table-ref'
}
