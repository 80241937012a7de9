/** A value of a row as text: nothing for null, JSON for what has parts. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'bigint') return value.toString()
  return value === null || value === undefined ? '' : JSON.stringify(value)
}
