import type { ReactNode } from 'react'
import { formatCount } from '../format/format-number.ts'
import { formatClock } from '../format/format-time.ts'

interface Minute {
  readonly at: string
  readonly landed: number
  readonly rejected: number
}

const height = 56
const step = 6

/** Events per minute, oldest first, rejected ones on top. */
export function MinuteBars({ minutes }: { readonly minutes: readonly Minute[] }): ReactNode {
  const top = Math.max(1, ...minutes.map(({ landed, rejected }) => landed + rejected))
  const total = minutes.reduce((sum, { landed }) => sum + landed, 0)
  const label = `Events per minute over the last ${minutes.length} minutes: ${formatCount(total)} landed, at most ${formatCount(top)} in one minute.`
  return (
    <svg
      className="minute-bars"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${minutes.length * step} ${height}`}
      preserveAspectRatio="none"
    >
      {minutes.map(({ at, landed, rejected }, index) => {
        const whole = ((landed + rejected) / top) * height
        const bad = rejected === 0 ? 0 : Math.max(1.5, (rejected / top) * height)
        return (
          <g key={at}>
            <title>{`${formatClock(at).slice(0, 5)}: ${formatCount(landed)} landed, ${formatCount(rejected)} rejected`}</title>
            <rect className="minute-space" x={index * step} y={0} width={step} height={height} />
            <rect
              className="minute-landed"
              x={index * step + 1}
              y={height - whole}
              width={step - 2}
              height={whole}
              rx={1}
            />
            <rect
              className="minute-rejected"
              x={index * step + 1}
              y={height - whole}
              width={step - 2}
              height={bad}
              rx={1}
            />
          </g>
        )
      })}
    </svg>
  )
}
