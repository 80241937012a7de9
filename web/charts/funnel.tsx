import type { ReactNode } from 'react'
import type { TileAnswer, TileChart } from '../../src/server/contract.ts'
import { formatCount, formatMetric } from '../format/format-number.ts'
import { valueText } from '../format/value-text.ts'

interface FunnelProps {
  readonly chart: Extract<TileChart, { kind: 'funnel' }>
  readonly answer: TileAnswer
}

/** Steps in order, each with its share of the first step and of the one before. */
export function Funnel({ chart, answer: { columns, rows } }: FunnelProps): ReactNode {
  const at = (name: string): number => columns.findIndex((column) => column.name === name)
  const steps = rows.map((row) => ({
    name: valueText(row[at(chart.step)]),
    value: Number(row[at(chart.value)]),
  }))
  const first = steps[0]?.value ?? 0
  return (
    <ol className="funnel">
      {steps.map(({ name, value }, index) => {
        const before = steps[index - 1]?.value
        return (
          <li key={name}>
            <span className="funnel-name">{name}</span>
            <span className="funnel-value number">
              {formatCount(value)} <small>{first === 0 ? '' : formatMetric(value / first, 'percent')}</small>
            </span>
            <span className="funnel-track" aria-hidden="true">
              <span className="funnel-bar" style={{ width: `${first === 0 ? 0 : (value / first) * 100}%` }} />
            </span>
            {before === undefined || before === 0 ? null : (
              <span className="funnel-step soft">
                {formatMetric(value / before, 'percent')} of the step before
              </span>
            )}
          </li>
        )
      })}
    </ol>
  )
}
