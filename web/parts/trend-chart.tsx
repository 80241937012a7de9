import type { ReactNode } from 'react'
import type { TrendPoint } from '../../src/server/contract.ts'
import { formatDelta } from '../format/describe-table.ts'
import { formatBytes, formatCompact, formatCount, formatNoun } from '../format/format-number.ts'
import { formatAbsolute, formatDay } from '../format/format-time.ts'

const width = 600
const height = 120

/** Rows over time as steps, for a table stays as it is between commits. */
export function TrendChart({ points }: { readonly points: readonly TrendPoint[] }): ReactNode {
  const [first, last] = [points[0]!, points.at(-1)!]
  const from = Date.parse(first.at)
  const span = Math.max(1, Date.parse(last.at) - from)
  const top = Math.max(1, ...points.map(({ rows }) => rows))
  const x = ({ at }: TrendPoint): number => ((Date.parse(at) - from) / span) * width
  const y = ({ rows }: TrendPoint): number => height - (rows / top) * (height - 4)
  const steps = points.map((point, index) =>
    index === 0 ? `M0 ${y(point)}` : `H${x(point).toFixed(1)}V${y(point).toFixed(1)}`,
  )
  const line = `${steps.join('')}H${width}`
  const label = `Rows from ${formatCount(first.rows)} on ${formatAbsolute(first.at)} to ${formatCount(last.rows)} on ${formatAbsolute(last.at)}, at most ${formatCount(top)}.`
  return (
    <figure className="trend">
      <div className="trend-plot">
        <span className="trend-top soft">{formatCompact(top)} rows</span>
        <svg role="img" aria-label={label} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none">
          <path className="trend-area" d={`${line}V${height}H0Z`} />
          <path className="trend-line" d={line} />
          {points.map((point, index) => {
            const left = index === 0 ? 0 : x(point)
            const right = points[index + 1] === undefined ? width : x(points[index + 1]!)
            return (
              <rect
                key={point.at}
                className="trend-space"
                x={left}
                y={0}
                width={right - left}
                height={height}
              >
                <title>{describePoint(point)}</title>
              </rect>
            )
          })}
        </svg>
      </div>
      <figcaption className="axis">
        <span>{formatDay(first.at)}</span>
        <span>
          {formatDelta(last.rows - first.rows) || 'no'} rows
          {growthOf(first, last)}
        </span>
        <span>{formatDay(last.at)}</span>
      </figcaption>
    </figure>
  )
}

function describePoint({ at, rows, sizeBytes }: TrendPoint): string {
  const size = sizeBytes === null ? '' : `, ${formatBytes(sizeBytes)}`
  return `${formatAbsolute(at)}: ${formatNoun(rows, 'row')}${size}`
}

function growthOf(first: TrendPoint, last: TrendPoint): string {
  if (first.sizeBytes === null || last.sizeBytes === null) return ''
  return `, ${formatDelta(last.sizeBytes - first.sizeBytes, formatBytes) || 'no more bytes'}`
}
