import type { NumberFormat, TileChart } from '../../src/server/contract.ts'
import { formatMetric } from '../format/format-number.ts'
import { formatDay } from '../format/format-time.ts'

/** Shows a chart's measures in their format, wherever its data stand as a table. */
export function formatterFor(chart: TileChart): (value: unknown, column: string) => string | undefined {
  return (value, column) => {
    const format = formatOf(chart, column)
    return format !== undefined && typeof value === 'number' ? formatMetric(value, format) : undefined
  }
}

function formatOf(chart: TileChart, column: string): NumberFormat | undefined {
  switch (chart.kind) {
    case 'number':
      return chart.format
    case 'table':
      return chart.formats?.[column]
    case 'heatmap':
      return column === chart.value ? chart.format : undefined
    case 'funnel':
      return column === chart.value ? 'integer' : undefined
    case 'line':
    case 'area':
    case 'bar':
    case 'stacked-bar':
      return chart.y.includes(column) ? chart.format : undefined
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
