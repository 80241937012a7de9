import type { TileChart } from './dashboard-definition.ts'

/** Columns of its query's result that a chart names. */
export function chartColumns(chart: TileChart): readonly string[] {
  switch (chart.kind) {
    case 'line':
    case 'area':
    case 'bar':
    case 'stacked-bar':
      return [chart.x, ...chart.y, ...(chart.series === undefined ? [] : [chart.series])]
    case 'heatmap':
      return [chart.x, chart.y, chart.value]
    case 'funnel':
      return [chart.step, chart.value]
    case 'table':
      return Object.keys(chart.formats ?? {})
    case 'number':
      return []
  }
}
