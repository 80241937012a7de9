import type { NumberFormat } from '../../src/server/contract.ts'
import { formatMetric, formatNoun } from '../format/format-number.ts'
import type { HeatmapData, SeriesData } from './chart-data.ts'

/** A line chart or bars in a sentence or two, for those who do not see it. */
export function describeSeries(
  title: string,
  { categories, series }: SeriesData,
  format: NumberFormat | undefined,
): string {
  const span = `${categories[0]} to ${categories.at(-1)}`
  const parts = series.slice(0, 6).map(({ name, values }) => {
    const numbers = values.filter((value) => value !== null)
    if (numbers.length === 0) return `${name} has no values`
    const show = (value: number): string => formatMetric(value, format)
    return `${name} goes from ${show(numbers[0]!)} to ${show(numbers.at(-1)!)}, lowest ${show(Math.min(...numbers))}, highest ${show(Math.max(...numbers))}`
  })
  const rest = series.length > 6 ? ` And ${formatNoun(series.length - 6, 'more series', 'more series')}.` : ''
  return `${title}, ${span}. ${parts.join('; ')}.${rest}`
}

export function describeHeatmap(
  title: string,
  { columns, rows, cells, highest }: HeatmapData,
  format: NumberFormat | undefined,
): string {
  const lowest = Math.min(...cells.map(([, , value]) => value))
  return `${title}: ${formatNoun(rows.length, 'row')} from ${rows[0]} to ${rows.at(-1)} by ${formatNoun(columns.length, 'column')}, values from ${formatMetric(lowest, format)} to ${formatMetric(highest, format)}.`
}
