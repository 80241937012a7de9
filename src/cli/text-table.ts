/** Rows as aligned columns of text; numbers to the right. An empty table gives only its headings. */
export function textTable(
  headings: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): string {
  const cells = rows.map((row) =>
    row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en-US') : printable(cell ?? '–'))),
  )
  const isNumber = headings.map(
    (_, column) =>
      rows.length > 0 && rows.every((row) => typeof row[column] === 'number' || row[column] === null),
  )
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd()
  return [line(headings), ...cells.map(line)].join('\n')
}

/** Text whose control characters are shown as JSON shows them: data may not break the table, nor steer the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) =>
    character < ' ' ? JSON.stringify(character).slice(1, -1) : `\\u00${character.charCodeAt(0).toString(16)}`,
  )
}

/** `1.2 MiB` */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  const power = units.findIndex((_, index) => bytes / 1024 ** (index + 1) < 1023.95)
  const last = power < 0 ? units.length - 1 : power
  return `${(bytes / 1024 ** (last + 1)).toFixed(1)} ${units[last]!}`
}

/** `350 ms`, `12.3 s`, `4 min`, `2 h`, `3 d`; the unit is that of the rounded value. */
export function formatDuration(ms: number): string {
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 59.5 * 60_000) return `${Math.round(ms / 60_000)} min`
  if (ms < 23.5 * 3_600_000) return `${Math.round(ms / 3_600_000)} h`
  return `${Math.round(ms / 86_400_000)} d`
}

/** `3 min ago`, `in 2 h`; `–` for null. */
export function formatAgo(iso: string | null, now: number = Date.now()): string {
  if (iso === null) return '–'
  const ms = now - Date.parse(iso)
  return ms >= 0 ? `${formatDuration(ms)} ago` : `in ${formatDuration(-ms)}`
}
