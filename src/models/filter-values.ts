import { NacreError } from '../base/index.ts'
import type { DashboardFilter } from './dashboard-definition.ts'

const dayMs = 86_400_000

/** UTC days, `YYYY-MM-DD`; `until` is the first day after the range. */
export interface DayRange {
  readonly from: string
  readonly until: string
}

/** What a dashboard's filters ask for, read from the address. */
export interface FilterChoice {
  /** Absent without a `days` filter. */
  readonly days?: DayRange
  /** By filter name; filters that are not set are absent. */
  readonly choices: Readonly<Record<string, string>>
}

/**
 * Reads filter values as they stand in a dashboard's address. A missing or empty `days` is the filter's default; a missing or
 * empty choice is no restriction. Throws NACRE_INPUT naming the filter, the value and what is accepted.
 */
export function readFilterValues(
  filters: readonly DashboardFilter[],
  values: Readonly<Record<string, string>>,
  nowMs: number,
): FilterChoice {
  for (const name of Object.keys(values)) {
    if (!filters.some((filter) => filter.name === name)) {
      const known = filters.map((filter) => `'${filter.name}'`).join(', ') || 'none'
      throw new NacreError('NACRE_INPUT', `There is no filter '${name}'; this dashboard has ${known}.`, {
        details: { filter: name },
      })
    }
  }
  let days: DayRange | undefined
  const choices: Record<string, string> = {}
  for (const filter of filters) {
    const value = values[filter.name] || (filter.kind === 'days' ? filter.default : '')
    if (filter.kind === 'days') {
      days = readDays(value, nowMs)
      if (days === undefined) {
        throw refusal(
          filter.name,
          value,
          "a number of days up to today such as 'last:30d', or first and last day such as '2026-01-01..2026-01-31'",
        )
      }
    } else if (value !== '') {
      if (value.length > 1000 || value.includes('\0')) {
        throw refusal(filter.name, value, 'a text of at most 1000 characters without NUL, or nothing for all')
      }
      choices[filter.name] = value
    }
  }
  return days === undefined ? { choices } : { days, choices }
}

/** Reads `last:30d` (ending with today, UTC) or `2026-01-01..2026-01-31` (both included); undefined when it is neither. */
export function readDays(text: string, nowMs: number): DayRange | undefined {
  const last = /^last:([1-9]\d{0,3})d$/.exec(text)
  if (last) {
    const until = Math.floor(nowMs / dayMs) * dayMs + dayMs
    return { from: formatDay(until - Number(last[1]) * dayMs), until: formatDay(until) }
  }
  const [from, to] = text.split('..').map(parseDay)
  if (text.split('..').length !== 2 || from === undefined || to === undefined || to < from) return undefined
  return { from: formatDay(from), until: formatDay(to + dayMs) }
}

/** The range of the same length that ends where `range` begins. */
export function previousDays(range: DayRange): DayRange {
  const from = Date.parse(range.from)
  return { from: formatDay(from - (Date.parse(range.until) - from)), until: range.from }
}

/** Milliseconds of a day that exists, of the years 1000 to 9998. */
function parseDay(text: string): number | undefined {
  const ms = /^[1-9]\d{3}-\d\d-\d\d$/.test(text) && !text.startsWith('9999') ? Date.parse(text) : Number.NaN
  return !Number.isNaN(ms) && formatDay(ms) === text ? ms : undefined
}

function formatDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

function refusal(filter: string, value: string, accepted: string): NacreError {
  const shown = value.length > 100 ? `${value.slice(0, 100)}…` : value
  return new NacreError('NACRE_INPUT', `Filter '${filter}' cannot be '${shown}'; write ${accepted}.`, {
    details: { filter, value: shown },
  })
}
