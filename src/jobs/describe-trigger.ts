import type { Trigger } from './job-definition.ts'

/** Such as `on commit of events.reading_span`. */
export function describeTrigger(trigger: Trigger): string {
  switch (trigger.kind) {
    case 'cron':
      return `cron ${trigger.expression}${inZone(trigger.timezone)}`
    case 'every':
      return `every ${trigger.interval}${inZone(trigger.timezone)}`
    case 'on':
      return `on commit of ${trigger.tables.join(' or ')}`
    case 'after':
      return `after ${trigger.jobs.join(' and ')}`
    case 'manual':
      return 'manual'
  }
}

const inZone = (timezone: string): string => (timezone === 'UTC' ? '' : ` (${timezone})`)
