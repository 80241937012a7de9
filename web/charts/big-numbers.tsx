import type { ReactNode } from 'react'
import type { TileAnswer, TileChart } from '../../src/server/contract.ts'
import { formatMetric } from '../format/format-number.ts'
import { readableName } from './column-format.ts'
import { describeChange } from './describe-change.ts'

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
              <Change change={describeChange(value, before, format)} />
              <span className="soft">{formatMetric(before, format)} before</span>
            </dd>
          ) : null}
        </div>
      ))}
    </dl>
  )
}

/** No colour: whether more is better is not known here. */
function Change({ change }: { readonly change: ReturnType<typeof describeChange> }): ReactNode {
  if (change === null) return null
  if (change.direction === 'same') return <span>unchanged</span>
  return (
    <span className="change">
      <span aria-hidden="true">{change.direction === 'up' ? '↗' : '↘'}</span>
      <span className="sr-only">{change.direction}</span> {change.amount}
    </span>
  )
}
