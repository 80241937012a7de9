import { dayPartitions, type DayPartitions } from '../jobs/index.ts'
import { dayOf, type PartitionBy } from '../tables/index.ts'

/** Partitions a table by the UTC day of a column: `partitionBy: [day('ts')]`. */
export function day(column: string): PartitionBy
/** Cuts a job's work into UTC days: `partitions: day({ from: '2026-01-01' })`. */
export function day(options: { from: string; perRun?: number }): DayPartitions
export function day(of: string | { from: string; perRun?: number }): PartitionBy | DayPartitions {
  return typeof of === 'string' ? dayOf(of) : dayPartitions(of)
}
