import { NacreError } from '../base/index.ts'

const dayMs = 86_400_000
const dayMicros = dayMs * 1000

/** Days since 1970-01-01 of a date such as `2026-01-05`. Throws NACRE_INPUT. */
export function daysOfDate(text: string): number {
  const days = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) / dayMs : Number.NaN
  // Date.parse takes 30 February for 2 March.
  if (Number.isNaN(days) || new Date(days * dayMs).getUTCDate() !== Number(text.slice(-2)))
    throw notA('date', text, '2026-01-05')
  return days
}

/** The date of a number of days since 1970-01-01. */
export function dateOfDays(days: number): string {
  return new Date(days * dayMs).toISOString().slice(0, -'T00:00:00.000Z'.length)
}

const timeForm = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,6})\d*)?)?$/

/** Microseconds since midnight of a time such as `10:30` or `10:30:00.5`. Throws NACRE_INPUT. */
export function microsOfTime(text: string): number {
  const [matched, hours, minutes, seconds = '0', fraction = ''] = timeForm.exec(text) ?? []
  if (matched === undefined) throw notA('time', text, '10:30:00')
  return (
    ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000_000 +
    Number(fraction.padEnd(6, '0'))
  )
}

/** The time of a number of microseconds since midnight, with a fraction only where there is one. */
export function timeOfMicros(micros: number): string {
  const fraction = micros % 1_000_000
  const clock = new Date((micros - fraction) / 1000).toISOString().slice(11, 19)
  return fraction === 0 ? clock : `${clock}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`
}

const timestampForm = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:[\d:.]+))? ?(?:Z|([+-])(\d\d)(?::?(\d\d))?)?$/

/**
 * Microseconds since 1970-01-01T00:00Z of an ISO 8601 timestamp, or of DuckDB's text of one (`2026-01-05 10:00:00.5+00`);
 * without an offset it is taken as UTC. A number when safe, else a bigint. Throws NACRE_INPUT.
 */
export function microsOfTimestamp(text: string): number | bigint {
  const [matched, date, time, sign, hours, minutes = '0'] = timestampForm.exec(text) ?? []
  if (matched === undefined) throw notA('timestamp', text, '2026-01-05T10:00:00Z')
  const offset =
    sign === undefined ? 0 : (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60e6 : 60e6)
  const inDay = (time === undefined ? 0 : microsOfTime(time)) - offset
  const days = daysOfDate(date!)
  const micros = days * dayMicros + inDay
  return Number.isSafeInteger(micros) ? micros : BigInt(days) * BigInt(dayMicros) + BigInt(inDay)
}

/** The timestamp of microseconds since 1970, without an offset: `2026-01-05T10:00:00`, and a fraction only where there is one. */
export function timestampOfMicros(micros: number | bigint): string {
  const seconds =
    typeof micros === 'number' ? Math.floor(micros / 1_000_000) : Number(floorDivide(micros, 1_000_000n))
  const fraction =
    typeof micros === 'number' ? micros - seconds * 1_000_000 : Number(micros - BigInt(seconds) * 1_000_000n)
  const text = new Date(seconds * 1000).toISOString().slice(0, -'.000Z'.length)
  return fraction === 0 ? text : `${text}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient
}

function notA(what: string, text: string, example: string): NacreError {
  return new NacreError('NACRE_INPUT', `'${text}' is not a ${what}; write it as '${example}'.`)
}
