import type { NumberFormat } from '../../src/server/contract.ts'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const decimal = new Intl.NumberFormat('en', { maximumFractionDigits: 2 })
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 })
const currency = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD' })
const wholeCurrency = new Intl.NumberFormat('en', {
  style: 'currency',
  currency: 'USD',
  maximumFractionDigits: 0,
})

/** `1,234,567` */
export function formatCount(value: number): string {
  return whole.format(value)
}

/** `1.2M`, for axes and narrow places. */
export function formatCompact(value: number): string {
  return compact.format(value)
}

/** `1 run`, `3 runs`; the plural is given when it is not the noun with an s. */
export function formatNoun(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`
}

/** `12.5 MiB` */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${value >= 100 || power === 0 ? whole.format(value) : value.toFixed(1)} ${units[power]}`
}

/**
 * How the numbers of one column of rows are written: whole ones whole, others all with the same decimals, two or as many as three
 * digits of the largest need. Numbers of four digits, such as years, carry no comma.
 */
export function columnNumberFormat(values: readonly unknown[]): (value: number) => string {
  const numbers = values.filter((value) => typeof value === 'number')
  const largest = Math.max(...numbers.map(Math.abs).filter((size) => size > 0), Number.MIN_VALUE)
  const decimals = Math.min(10, Math.max(2, 2 - Math.floor(Math.log10(largest))))
  const digits = numbers.every(Number.isInteger) ? 0 : decimals
  const format = new Intl.NumberFormat('en', {
    useGrouping: 'min2',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
  return (value) => format.format(value)
}

/** A number as a tile's format asks; a share is a fraction of 1, minutes carry their unit. */
export function formatMetric(value: number, format: NumberFormat | undefined): string {
  switch (format) {
    case 'integer':
      return whole.format(value)
    case 'percent':
      return percent.format(value)
    case 'minutes':
      return `${Math.abs(value) >= 100 ? whole.format(value) : decimal.format(value)} min`
    case 'currency':
      return (Math.abs(value) >= 1000 ? wholeCurrency : currency).format(value)
    case 'decimal':
    case undefined:
      return (Math.abs(value) >= 1000 ? whole : Math.abs(value) >= 100 ? tenths : decimal).format(value)
  }
}

/** The same, short enough for an axis or a cell. */
export function formatShortMetric(value: number, format: NumberFormat | undefined): string {
  if (format === 'percent') return `${whole.format(value * 100)}%`
  if (format === 'currency') return `$${compact.format(value)}`
  return compact.format(value)
}
