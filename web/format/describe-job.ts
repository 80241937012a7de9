import type { JobInfo, RunInfo } from '../../src/server/contract.ts'
import { formatDay } from './format-time.ts'
import { formatNoun } from './format-number.ts'

/** What makes a job due, in words. */
export function describeTrigger({ trigger }: JobInfo['job']): string {
  switch (trigger.kind) {
    case 'cron':
      return `${describeCron(trigger.expression)}${trigger.timezone === 'UTC' ? '' : ` (${trigger.timezone})`}`
    case 'every':
      return describeInterval(trigger.interval)
    case 'on':
      return `when ${inWords(trigger.tables)} changes`
    case 'after':
      return `after ${inWords(trigger.jobs)}`
    case 'manual':
      return 'by hand'
  }
}

/** `2026-11-02`, or `2 Nov to 5 Nov (4 days)`: what a run worked on; null for a job without partitions, whose slots are due times. */
export function describeDays({ slots }: RunInfo): string | null {
  const days = slots.filter((slot) => /^\d{4}-\d\d-\d\d$/.test(slot))
  const [first, ...others] = days
  if (first === undefined) return null
  if (others.length === 0) return first
  return `${formatDay(first)} to ${formatDay(others.at(-1)!)} (${formatNoun(days.length, 'day')})`
}

/** What made a run due; times in words. */
export function describeCause({ cause }: RunInfo): string {
  const [kind, rest = ''] = cause.split(/ (.*)/s)
  if (kind === 'every') return describeInterval(rest)
  return kind === 'cron' ? describeCron(rest) : cause
}

/** What made a run due and the days it worked on, in one line. */
export function describeRun(run: RunInfo): string {
  const days = describeDays(run)
  return days === null ? describeCause(run) : `${describeCause(run)} · ${days}`
}

function inWords(names: readonly string[]): string {
  return names.length < 3 ? names.join(' or ') : `${names.slice(0, 2).join(', ')} or ${names.length - 2} more`
}

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** The common shapes in words; every other expression as it stands, which is exact and what was written. */
function describeCron(expression: string): string {
  const fields = expression.trim().split(/\s+/)
  const [minute, hour, dayOfMonth, month, weekday] = fields as [string, string, string, string, string]
  const isPlain = (text: string): boolean => /^\d+$/.test(text)
  if (fields.length !== 5 || month !== '*') return `cron ${expression}`
  const step = /^\*\/(\d+)$/.exec(minute)?.[1]
  if (step !== undefined && hour === '*' && dayOfMonth === '*' && weekday === '*') return `every ${step} min`
  if (!isPlain(minute)) return `cron ${expression}`
  if (hour === '*' && dayOfMonth === '*' && weekday === '*') return `hourly at :${minute.padStart(2, '0')}`
  if (!isPlain(hour)) return `cron ${expression}`
  const time = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`
  if (dayOfMonth === '*' && weekday === '*') return `daily at ${time}`
  if (dayOfMonth === '*' && isPlain(weekday)) return `${weekdays[Number(weekday) % 7]}s at ${time}`
  return `cron ${expression}`
}

const intervalUnits: readonly (readonly [pattern: RegExp, unit: string])[] = [
  [/^PT(\d+)S$/, 's'],
  [/^PT(\d+)M$/, 'min'],
  [/^PT(\d+)H$/, 'h'],
  [/^P(\d+)D$/, 'days'],
  [/^P(\d+)W$/, 'weeks'],
]

function describeInterval(interval: string): string {
  const duration = interval.split('/')[2] ?? ''
  for (const [pattern, unit] of intervalUnits) {
    const amount = pattern.exec(duration)?.[1]
    if (amount !== undefined) return `every ${amount} ${unit}`
  }
  return `every ${interval}`
}
