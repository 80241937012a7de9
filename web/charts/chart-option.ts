import type { EChartsCoreOption } from 'echarts/core'
import { formatMetric, formatShortMetric } from '../format/format-number.ts'
import type { HeatmapData, HeatmapTileChart, SeriesChart, SeriesData } from './chart-data.ts'
import { type Palette, readableOn, scaleColor } from './palette.ts'

interface TooltipEntry {
  readonly seriesName: string
  readonly name: string
  readonly value: unknown
  readonly dataIndex: number
}

/** Rich text keeps tooltips on the canvas: elements made from markup would break the content-security policy. */
function tooltip(palette: Palette): object {
  return {
    renderMode: 'richText',
    confine: true,
    backgroundColor: palette.surface,
    borderColor: palette.line,
    borderWidth: 1,
    padding: [8, 12],
    textStyle: { color: palette.ink, fontFamily: palette.font, fontSize: 12, lineHeight: 18 },
  }
}

function axisText(palette: Palette): object {
  return { color: palette.soft, fontFamily: palette.font, fontSize: 11 }
}

function axisTitle(title: string | undefined, palette: Palette, gap: number): object {
  if (title === undefined) return {}
  return { name: title, nameLocation: 'middle', nameGap: gap, nameTextStyle: axisText(palette) }
}

/** What ECharts draws for lines, areas and bars. */
export function seriesOption(chart: SeriesChart, data: SeriesData, palette: Palette): EChartsCoreOption {
  const { categories, series } = data
  const isBar = chart.kind === 'bar' || chart.kind === 'stacked-bar'
  const hasLegend = series.length > 1
  // Names need room to be read; days and numbers do not.
  const isHorizontal = isBar && data.isNamed && categories.length <= 20
  const categoryAxis = {
    type: 'category',
    data: categories,
    boundaryGap: isBar,
    ...axisTitle(chart.xTitle, palette, 30),
    axisTick: { show: false },
    axisLine: { lineStyle: { color: palette.line } },
    axisLabel: {
      ...axisText(palette),
      margin: 10,
      ...(isHorizontal ? { interval: 0, width: 130, overflow: 'truncate' } : { hideOverlap: true }),
    },
  }
  const valueAxis = {
    type: 'value',
    splitNumber: 4,
    axisLabel: { ...axisText(palette), formatter: (value: number) => formatShortMetric(value, chart.format) },
    splitLine: { lineStyle: { color: palette.line, opacity: 0.7 } },
  }
  return {
    animation: false,
    color: palette.series,
    grid: {
      left: 4,
      right: 12,
      top: hasLegend ? 34 : 12,
      bottom: 4,
      outerBoundsMode: 'same',
      outerBoundsContain: 'all',
    },
    legend: hasLegend
      ? {
          type: 'plain',
          left: 0,
          top: 0,
          icon: 'roundRect',
          itemWidth: 10,
          itemHeight: 10,
          itemGap: 14,
          inactiveColor: palette.line,
          textStyle: { ...axisText(palette), fontSize: 12 },
        }
      : undefined,
    tooltip: {
      ...tooltip(palette),
      trigger: 'axis',
      axisPointer: {
        type: isBar ? 'shadow' : 'line',
        lineStyle: { color: palette.soft, type: 'solid', opacity: 0.5 },
      },
      formatter: (entries: readonly TooltipEntry[]) => tooltipText(entries, chart, data),
    },
    ...(isHorizontal
      ? { xAxis: valueAxis, yAxis: { ...categoryAxis, inverse: true } }
      : { xAxis: categoryAxis, yAxis: valueAxis }),
    series: series.flatMap(({ name, values }, index) => {
      const color = palette.series[index % palette.series.length]!
      if (isBar) {
        const style = barStyle(chart.kind === 'stacked-bar', isHorizontal)
        return [{ name, color, data: data.isUnfinished ? fadeLast(values) : values, ...style }]
      }
      const style = lineStyle(chart.kind === 'area', series.length, categories.length)
      if (!data.isUnfinished || 'stack' in style) return [{ name, color, data: values, ...style }]
      const ending = values.map((value, at) => (at < values.length - 2 ? null : value))
      return [
        { name, color, data: [...values.slice(0, -1), null], ...style },
        { name, color, data: ending, ...style, lineStyle: { width: 2, type: [4, 4] } },
      ]
    }),
  }
}

/** Bars of a day that is not over are pale. */
function fadeLast(values: SeriesData['series'][number]['values']): readonly unknown[] {
  return values.map((value, index) =>
    index < values.length - 1 ? value : { value, itemStyle: { opacity: 0.45 } },
  )
}

function barStyle(isStacked: boolean, isHorizontal: boolean): object {
  return {
    type: 'bar',
    barMaxWidth: 36,
    barCategoryGap: '28%',
    itemStyle: { borderRadius: isStacked ? 0 : isHorizontal ? [0, 3, 3, 0] : [3, 3, 0, 0] },
    ...(isStacked ? { stack: 'all' } : {}),
  }
}

function lineStyle(isArea: boolean, count: number, points: number): object {
  return {
    type: 'line',
    symbol: 'circle',
    symbolSize: 5,
    showSymbol: points < 3,
    connectNulls: false,
    lineStyle: { width: 2, join: 'round' },
    ...(isArea ? { areaStyle: { opacity: count > 1 ? 0.75 : 0.14 } } : {}),
    ...(isArea && count > 1 ? { stack: 'all' } : {}),
  }
}

function tooltipText(
  entries: readonly TooltipEntry[],
  { format }: SeriesChart,
  { categories, isUnfinished }: SeriesData,
): string {
  const lines = entries
    .filter(({ value }) => typeof value === 'number')
    .map(({ seriesName, value }) => `${seriesName}   ${formatMetric(value as number, format)}`)
  const [first] = entries
  const isToday = isUnfinished && first?.dataIndex === categories.length - 1
  // The dashed end of a line is a series of its own, which begins where the line ends.
  return [`${first?.name ?? ''}${isToday ? ', so far' : ''}`, ...new Set(lines)].join('\n')
}

/** What ECharts draws for cohorts. */
export function heatmapOption(
  chart: HeatmapTileChart,
  data: HeatmapData,
  palette: Palette,
): EChartsCoreOption {
  const { columns, rows, cells, highest } = data
  return {
    animation: false,
    grid: { left: 4, right: 4, top: 4, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'all' },
    tooltip: {
      ...tooltip(palette),
      formatter: ({ value }: { readonly value: readonly [number, number, number] }) =>
        `${titled(chart.yTitle, rows[value[1]])}, ${titled(chart.xTitle, columns[value[0]])}\n${formatMetric(value[2], chart.format)}`,
    },
    visualMap: { show: false, min: 0, max: highest, inRange: { color: palette.scale } },
    xAxis: {
      type: 'category',
      data: columns,
      position: 'top',
      ...axisTitle(chart.xTitle, palette, 28),
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: axisText(palette),
    },
    yAxis: {
      type: 'category',
      data: rows,
      inverse: true,
      ...axisTitle(chart.yTitle, palette, 58),
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: axisText(palette),
    },
    series: [
      {
        type: 'heatmap',
        data: cells.map(([column, row, value]) => ({
          value: [column, row, value],
          label: { color: readableOn(scaleColor(palette.scale, value / highest), palette) },
        })),
        label: {
          show: columns.length <= 14,
          fontFamily: palette.font,
          fontSize: 11,
          formatter: ({ value }: { readonly value: readonly [number, number, number] }) =>
            formatShortMetric(value[2], chart.format),
        },
        itemStyle: { borderColor: palette.surface, borderWidth: 2, borderRadius: 4 },
        emphasis: { itemStyle: { borderColor: palette.ink, borderWidth: 1 } },
      },
    ],
  }
}

/** `Weeks after signing up 3`, or `3` where the axis has no title. */
function titled(title: string | undefined, value: string | undefined): string {
  return title === undefined ? (value ?? '') : `${title}: ${value}`
}
