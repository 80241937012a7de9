import { NacreError } from '../base/index.ts'
import { Cron } from 'croner'
import type { Trigger } from './job-definition.ts'
import { parseRepeatingInterval, type RepeatingInterval } from './repeating-interval.ts'

/** A trigger by the clock. */
export type TimeTrigger = Extract<Trigger, { kind: 'cron' | 'every' }>

/** Whether a trigger goes by the clock. */
export function isTimeTrigger(trigger: Trigger): trigger is TimeTrigger {
  return trigger.kind === 'cron' || trigger.kind === 'every'
}

/**
 * The first due time later than `afterMs`, or null when there is none. Milliseconds since the epoch.
 * @param anchorMs When the job was first deployed with this trigger: the start of an interval that names none.
 * @throws NACRE_INPUT quoting the text and saying what is wrong with it.
 */
export function nextDueAt(trigger: TimeTrigger, afterMs: number, anchorMs: number): number | null {
  checkTimezone(trigger.timezone)
  if (trigger.kind === 'cron') {
    return parseCron(trigger.expression, trigger.timezone).nextRun(new Date(afterMs))?.getTime() ?? null
  }
  return firstSlotAfter(parseRepeatingInterval(trigger.interval, trigger.timezone, anchorMs), afterMs)
}

/** The last due time not later than `atMs` and later than `afterMs`, or null. */
export function lastDueAt(
  trigger: TimeTrigger,
  atMs: number,
  afterMs: number,
  anchorMs: number,
): number | null {
  const time = trigger.kind === 'cron' ? lastCronTime(trigger, atMs) : lastSlot(trigger, atMs, anchorMs)
  return time !== null && time > afterMs ? time : null
}

/** The next `count` due times. */
export function nextDueTimes(trigger: Trigger, count: number, afterMs: number, anchorMs: number): number[] {
  const times: number[] = []
  if (!isTimeTrigger(trigger)) return times
  for (let after = afterMs; times.length < count;) {
    const next = nextDueAt(trigger, after, anchorMs)
    if (next === null) break
    times.push(next)
    after = next
  }
  return times
}

function lastCronTime(trigger: Extract<TimeTrigger, { kind: 'cron' }>, atMs: number): number | null {
  // previousRuns looks strictly before its reference.
  const [last] = parseCron(trigger.expression, trigger.timezone).previousRuns(1, new Date(atMs + 1))
  return last?.getTime() ?? null
}

function lastSlot(
  trigger: Extract<TimeTrigger, { kind: 'every' }>,
  atMs: number,
  anchorMs: number,
): number | null {
  const interval = parseRepeatingInterval(trigger.interval, trigger.timezone, anchorMs)
  const index = indexAfter(interval, atMs) - 1
  return index < 0 ? null : interval.slot(index)
}

function parseCron(expression: string, timezone: string): Cron {
  try {
    return new Cron(expression, { paused: true, timezone, mode: '5-or-6-parts' })
  } catch (cause) {
    const why = (cause as Error).message.replace(/^CronPattern: /, '').replace(/\.$/, '')
    throw new NacreError(
      'NACRE_INPUT',
      `cron text '${expression}' is wrong: ${why}. Write minute, hour, day of month, month, day of week, such as '5 * * * *'.`,
      { cause },
    )
  }
}

function checkTimezone(timezone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone })
  } catch (cause) {
    throw new NacreError(
      'NACRE_INPUT',
      `time zone '${timezone}' is unknown; use a name of the IANA database, such as 'Europe/Paris' or 'UTC'.`,
      { cause },
    )
  }
}

function firstSlotAfter(interval: RepeatingInterval, afterMs: number): number | null {
  const index = indexAfter(interval, afterMs)
  return index < interval.count ? interval.slot(index) : null
}

/** Index of the first slot later than `afterMs`, at most `count`: galloping, then bisection, as periods of a calendar have no fixed length. */
function indexAfter(interval: RepeatingInterval, afterMs: number): number {
  const isAfter = (index: number): boolean => index >= interval.count || interval.slot(index) > afterMs
  if (isAfter(0)) return 0
  let low = 0
  let high = 1
  while (!isAfter(high)) {
    low = high
    high *= 2
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (isAfter(middle)) high = middle
    else low = middle
  }
  return Math.min(high, interval.count)
}
