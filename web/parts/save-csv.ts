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
  if (value === null || value === undefined) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
