/** A value of a row as text: nothing for null, JSON for what has parts. */
export function valueText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'bigint':
    case 'boolean':
      return value.toString()
    default:
      return value === null || value === undefined ? '' : JSON.stringify(value)
  }
}
