import type { TableRef } from '../sql/index.ts'
import type { JobDefinition, Trigger } from './job-definition.ts'

/** Due at the times of a cron text, in `timezone` (default UTC): five fields, or six with seconds first, or `@daily` and its kin. */
export function cron(expression: string, options: { timezone?: string } = {}): Trigger {
  return { kind: 'cron', expression, timezone: options.timezone ?? 'UTC' }
}

/**
 * Due at the times of an ISO 8601 repeating interval, `R[n]/[start]/period`. Without a start it begins when the job is first
 * deployed. A zone other than UTC keeps the start's wall-clock time and overrides its offset: `P1D` then follows summer time, `PT24H` does not.
 */
export function every(interval: string, options: { timezone?: string } = {}): Trigger {
  return { kind: 'every', interval, timezone: options.timezone ?? 'UTC' }
}

/**
 * Due after each commit of one of the tables. A job with day partitions becomes due for exactly the days the commit touched; a
 * commit of a table without day partitions touches the day (UTC) on which it happens.
 */
export function on(...tables: readonly TableRef[]): Trigger {
  return { kind: 'on', tables: tables.map(({ name }) => name) }
}

/** Due once all of the jobs have succeeded; with partitions, day by day. */
export function after(...jobs: readonly (JobDefinition | string)[]): Trigger {
  return { kind: 'after', jobs: jobs.map((parent) => (typeof parent === 'string' ? parent : parent.name)) }
}

/** Due only when somebody asks. */
export function manual(): Trigger {
  return { kind: 'manual' }
}
