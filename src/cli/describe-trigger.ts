import { describeTrigger as describe } from '../jobs/index.ts'
import type { JobInfo } from '../server/index.ts'

/** A job's trigger in words, and whether it works by day. */
export function describeTrigger({ trigger, partitions }: JobInfo['job']): string {
  return `${describe(trigger)}${partitions === null ? '' : ', by day'}`
}
