import type { TileAnswer, TileChart } from '../../src/server/contract.ts'
import { valueText } from '../format/value-text.ts'
import { formatCategory, readableName } from './column-format.ts'

export type SeriesChart = Extract<TileChart, { y: readonly string[] }>
export type HeatmapTileChart = Extract<TileChart, { kind: 'heatmap' }>

/** Categories along the x axis, and per series one value, or null, for each of them. */
export interface SeriesData {
  readonly categories: readonly string[]
  /** Categories are names, not days or numbers. */
  readonly isNamed: boolean
  /** The last category is today, which is not over. */
  readonly isUnfinished: boolean
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[]
}

/** Rows as series: one per measure, or one per value of the series column. Time runs to the right, other categories keep their order. Days are UTC's. */
export function seriesData(chart: SeriesChart, answer: TileAnswer, now: number): SeriesData {
  const { columns, rows } = answer
  const at = (name: string): number => columns.findIndex((column) => column.name === name)
  const x = at(chart.x)
  const isTime = ['date', 'timestamp'].includes(columns[x]?.type ?? '')
  const keys = [...new Set(rows.map((row) => valueText(row[x])))]
  if (isTime) keys.sort()
  const place = new Map(keys.map((key, index) => [key, index]))
  const found = new Map<string, (number | null)[]>()
  for (const row of rows) {
    for (const measure of chart.y) {
      const name =
        chart.series === undefined ? readableName(measure) : valueText(row[at(chart.series)]) || 'unknown'
      const values = found.get(name) ?? Array.from<null>({ length: keys.length }).fill(null)
      values[place.get(valueText(row[x]))!] = numberOrNull(row[at(measure)])
      found.set(name, values)
    }
  }
  return {
    categories: keys.map(formatCategory),
    isNamed: columns[x]?.type === 'string',
    isUnfinished: isTime && keys.at(-1)?.slice(0, 10) === new Date(now).toISOString().slice(0, 10),
    series: [...found].map(([name, values]) => ({ name, values })),
  }
}

/** Cells of a heat map: rows from top to bottom in the order of their first appearance, or of time. */
export interface HeatmapData {
  readonly columns: readonly string[]
  readonly rows: readonly string[]
  readonly cells: readonly (readonly [column: number, row: number, value: number])[]
  readonly highest: number
}

export function heatmapData(chart: HeatmapTileChart, answer: TileAnswer): HeatmapData {
  const at = (name: string): number => answer.columns.findIndex((column) => column.name === name)
  const [x, y, value] = [at(chart.x), at(chart.y), at(chart.value)]
  const columns = orderedValues(answer.rows.map((row) => row[x]))
  const rows = orderedValues(answer.rows.map((row) => row[y]))
  const cells = answer.rows.flatMap((row) => {
    const number = numberOrNull(row[value])
    return number === null
      ? []
      : [[columns.indexOf(valueText(row[x])), rows.indexOf(valueText(row[y])), number] as const]
  })
  return {
    columns: columns.map(formatCategory),
    rows: rows.map(formatCategory),
    cells,
    highest: Math.max(0, ...cells.map(([, , number]) => number)),
  }
}

/** Numbers by size, dates by time (their text orders so), others as they come. */
function orderedValues(values: readonly unknown[]): string[] {
  const unique = [...new Set(values.map(valueText))]
  if (unique.every((text) => text !== '' && Number.isFinite(Number(text))))
    return unique.toSorted((a, b) => Number(a) - Number(b))
  return unique.every((text) => /^\d{4}-\d\d-\d\d/.test(text)) ? unique.toSorted() : unique
}

/** Decimals and large integers arrive as text. */
function numberOrNull(value: unknown): number | null {
  if (value === null || value === undefined || value === '') return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}
