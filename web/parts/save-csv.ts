import { valueText } from '../format/value-text.ts'

/** Lets the reader save rows as a CSV file (RFC 4180). */
export function saveCsv(
  name: string,
  columns: readonly { readonly name: string }[],
  rows: readonly (readonly unknown[])[],
): void {
  const lines = [columns.map((column) => column.name), ...rows].map((row) => row.map(csvCell).join(','))
  const address = URL.createObjectURL(new Blob([`${lines.join('\r\n')}\r\n`], { type: 'text/csv' }))
  const link = document.createElement('a')
  link.href = address
  link.download = `${name}.csv`
  link.click()
  URL.revokeObjectURL(address)
}

function csvCell(value: unknown): string {
  const text = valueText(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
