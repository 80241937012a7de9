import type { NumberFormat } from '../../src/server/contract.ts'

const amount = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

/** Below this a count is too small for its percentage to mean anything. */
const smallCount = 10

/**
 * How a number moved since the period before: shares by points, others by per cent. Null where a percentage would say nothing:
 * from nothing, from a handful, or to more than the tenfold.
 */
export function describeChange(
  value: number,
  before: number,
  format: NumberFormat | undefined,
): { readonly direction: 'up' | 'down' | 'same'; readonly amount: string } | null {
  const isShare = format === 'percent'
  const isHandful = format === 'integer' && Math.abs(before) < smallCount
  if (!isShare && (before === 0 || isHandful)) return null
  const change = isShare ? (value - before) * 100 : ((value - before) / Math.abs(before)) * 100
  if (!isShare && Math.abs(change) > 999) return null
  const rounded = Math.round(change * 10) / 10
  return {
    direction: rounded === 0 ? 'same' : rounded > 0 ? 'up' : 'down',
    amount: `${amount.format(Math.abs(rounded))}${isShare ? ' points' : '%'}`,
  }
}
