import type { Check } from './job-definition.ts'

/** Conditions on the rows a run has staged. `table` is an alias of `writes`; it may be left out where there is only one. */
export const checks: {
  /** No two rows agree in these columns. */
  unique(...columns: readonly string[]): Check
  /** None of these columns is null. */
  notNull(...columns: readonly string[]): Check
  /** Every value lies within, ends included; nulls pass. */
  between(column: string, min: number, max: number): Check
  /** As many rows were written. */
  rowsBetween(min: number, max: number): Check
  /** The same checks, of one table among several. */
  of(table: string, ...checks: readonly Check[]): readonly Check[]
} = {
  unique: (...columns) => ({ kind: 'unique', columns }),
  notNull: (...columns) => ({ kind: 'not-null', columns }),
  between: (column, min, max) => ({ kind: 'between', column, min, max }),
  rowsBetween: (min, max) => ({ kind: 'rows-between', min, max }),
  of: (table, ...inner) => inner.map((check) => ({ ...check, table })),
}
