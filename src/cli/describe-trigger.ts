import type { JobInfo } from '../server/index.ts'

/** A job's trigger in words. */
export function describeTrigger({ trigger, partitions }: JobInfo['job']): string {
  const days = partitions === null ? '' : ', by day'
  switch (trigger.kind) {
    case 'cron':
      return `cron ${trigger.expression} ${trigger.timezone}${days}`
    case 'every':
      return `every ${trigger.interval}${days}`
    case 'on':
      return `on ${trigger.tables.join(', ')}${days}`
    case 'after':
      return `after ${trigger.jobs.join(', ')}${days}`
    case 'manual':
      return `manual${days}`
  }
}
