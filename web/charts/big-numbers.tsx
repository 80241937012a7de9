import type { ReactNode } from 'react'
import type { TileAnswer, TileChart } from '../../src/server/contract.ts'
import { formatMetric } from '../format/format-number.ts'
import { readableName } from './column-format.ts'

interface BigNumbersProps {
  readonly chart: Extract<TileChart, { kind: 'number' }>
  readonly answer: TileAnswer
}

/** The numbers of the first row, each with how it moved since the period before. */
export function BigNumbers({ chart: { format }, answer }: BigNumbersProps): ReactNode {
  const { columns, rows, previousRows } = answer
  const numbers = columns
    .map(({ name, type }, index) => ({
      name,
      type,
      value: rows[0]?.[index],
      before: previousRows?.[0]?.[index],
    }))
    .filter(({ type }) => type === 'number')
  return (
    <dl className="big-numbers">
      {numbers.map(({ name, value, before }) => (
        <div key={name}>
          <dt className={numbers.length === 1 ? 'sr-only' : undefined}>{readableName(name)}</dt>
          <dd className="big-number">{typeof value === 'number' ? formatMetric(value, format) : '–'}</dd>
          {typeof before === 'number' && typeof value === 'number' ? (
            <dd className="delta">
              <Change value={value} before={before} isShare={format === 'percent'} />
              <span className="soft">from {formatMetric(before, format)}</span>
            </dd>
          ) : null}
        </div>
      ))}
    </dl>
  )
}

const share = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

/** No colour: whether more is better is not known here. Shares move by points, other numbers by per cent. */
function Change({
  value,
  before,
  isShare,
}: {
  readonly value: number
  readonly before: number
  readonly isShare: boolean
}): ReactNode {
  const change = isShare
    ? (value - before) * 100
    : before === 0
      ? null
      : ((value - before) / Math.abs(before)) * 100
  if (change === null) return <span>new</span>
  const rounded = Math.round(change * 10) / 10
  if (rounded === 0) return <span>unchanged</span>
  return (
    <span className="change">
      <span aria-hidden="true">{rounded > 0 ? '↗' : '↘'}</span>
      <span className="sr-only">{rounded > 0 ? 'up' : 'down'}</span> {share.format(Math.abs(rounded))}
      {isShare ? ' points' : '%'}
    </span>
  )
}
