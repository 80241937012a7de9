import type { EChartsCoreOption } from 'echarts/core'
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import type { TileAnswer } from '../../src/server/contract.ts'
import { onThemeChange } from '../shell/theme.ts'
import { type HeatmapTileChart, heatmapData, type SeriesChart, seriesData } from './chart-data.ts'
import { heatmapOption, seriesOption } from './chart-option.ts'
import { describeHeatmap, describeSeries } from './describe-chart.ts'
import { init } from './echarts.ts'
import { type Palette, readPalette } from './palette.ts'

interface ChartProps {
  readonly title: string
  readonly chart: SeriesChart | HeatmapTileChart
  readonly answer: TileAnswer
}

interface Drawing {
  readonly description: string
  readonly optionIn: (palette: Palette) => EChartsCoreOption
}

/** Draws a tile's rows on a canvas, described in words; the same rows can be had as a table. */
export default function Chart({ title, chart, answer }: ChartProps): ReactNode {
  const frame = useRef<HTMLDivElement>(null)
  const drawing = useMemo(() => plan(title, chart, answer), [title, chart, answer])
  const palette = usePalette()
  useEffect(() => {
    let drawn: ReturnType<typeof init> | undefined
    // Drawn once its size is known: what is still hidden has none.
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect
      if (width === 0 || height === 0) return
      if (drawn !== undefined) return drawn.resize({ width, height })
      drawn = init(frame.current, null, { width, height })
      drawn.setOption(drawing.optionIn(palette))
    })
    observer.observe(frame.current!)
    return () => {
      observer.disconnect()
      drawn?.dispose()
    }
  }, [drawing, palette])
  return <div ref={frame} className="chart" role="img" aria-label={drawing.description} />
}

function plan(title: string, chart: SeriesChart | HeatmapTileChart, answer: TileAnswer): Drawing {
  if (chart.kind === 'heatmap') {
    const data = heatmapData(chart, answer)
    return {
      description: describeHeatmap(title, data, chart.format),
      optionIn: (palette) => heatmapOption(chart, data, palette),
    }
  }
  const data = seriesData(chart, answer, Date.now())
  return {
    description: describeSeries(title, data, chart.format),
    optionIn: (palette) => seriesOption(chart, data, palette),
  }
}

function usePalette(): Palette {
  const [palette, setPalette] = useState(readPalette)
  useEffect(() => onThemeChange(() => setPalette(readPalette())), [])
  return palette
}
