import { compareValues, type StoredValue } from '../schema/primitive-codec.ts'
import type { TypedPartitionField } from '../manifests/partition-tuples.ts'
import { keepsOrder, transformValue, type ValueRange } from '../schema/transforms.ts'

/** What is asked of a value: that it is null, that it is not, or that it lies in one of some ranges. */
export type ValueCondition = 'null' | 'not-null' | readonly ValueRange[]

/** What is known of some values. */
export interface ValueSpan {
  /** None of them is less; undefined when that is not known. */
  readonly lower: StoredValue | undefined
  readonly upper: StoredValue | undefined
  readonly mayHoldNull: boolean
  readonly mayHoldValues: boolean
  /** Bounds leave NaN out, which engines hold for the greatest of numbers. */
  readonly mayHoldNan: boolean
}

/** Whether one of the values may meet the condition; false only when none can. */
export function mayHold(condition: ValueCondition, span: ValueSpan): boolean {
  if (condition === 'null') return span.mayHoldNull
  if (!span.mayHoldValues) return false
  if (condition === 'not-null') return true
  return condition.some(({ lower, upper }) => {
    const reaches = lower === undefined || span.upper === undefined || compareValues(lower, span.upper) <= 0
    const begins = upper === undefined || span.lower === undefined || compareValues(span.lower, upper) <= 0
    return (reaches && begins) || (span.mayHoldNan && upper === undefined)
  })
}

/** What a condition on a column asks of the values of a partition field made of it; undefined when nothing. */
export function projectCondition(
  condition: ValueCondition,
  { parsed, sourceType }: TypedPartitionField,
): ValueCondition | undefined {
  if (parsed.kind === 'void') return undefined
  if (typeof condition === 'string') return condition
  const project = (value: StoredValue): StoredValue => transformValue(parsed, sourceType, value)!
  if (keepsOrder(parsed))
    return condition.map(({ lower, upper }) => ({
      ...(lower !== undefined && { lower: project(lower) }),
      ...(upper !== undefined && { upper: project(upper) }),
    }))
  // A bucket says where single values are, nothing of those between two.
  const single = condition.map(({ lower, upper }) =>
    lower !== undefined && upper !== undefined && compareValues(lower, upper) === 0
      ? project(lower)
      : undefined,
  )
  return single.includes(undefined) ? 'not-null' : single.map((value) => ({ lower: value!, upper: value! }))
}
