import type { NumberFormat, TileChart } from '../../src/server/contract.ts'
import { formatMetric } from '../format/format-number.ts'
import { formatDay } from '../format/format-time.ts'

/** Shows a chart's measures in its format, wherever its data stand as a table. */
export function formatterFor(chart: TileChart): (value: unknown, column: string) => string | undefined {
  const format: NumberFormat | undefined = 'format' in chart ? chart.format : undefined
  const measures = measuresOf(chart)
  return (value, column) =>
    format !== undefined && typeof value === 'number' && (measures === null || measures.includes(column))
      ? formatMetric(value, format)
      : undefined
}

/** The columns a chart's format is about; null for all. */
function measuresOf(chart: TileChart): readonly string[] | null {
  switch (chart.kind) {
    case 'number':
    case 'table':
      return null
    case 'heatmap':
    case 'funnel':
      return [chart.value]
    case 'line':
    case 'area':
    case 'bar':
    case 'stacked-bar':
      return chart.y
  }
}

/** `active_readers` as a person reads it: `Active readers`. */
export function readableName(column: string): string {
  const words = column.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** A value of a category axis: days without their year. */
export function formatCategory(text: string): string {
  return /^\d{4}-\d\d-\d\d(T00:00:00.*)?$/.test(text) ? formatDay(text.slice(0, 10)) : text
}
