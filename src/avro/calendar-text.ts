import { NacreError } from '../base/index.ts'

const dayMs = 86_400_000

/** Days since 1970-01-01 of a date such as `2026-01-05`. Throws NACRE_INPUT. */
export function daysOfDate(text: string): number {
  const ms = /^[+-]?\d{4,6}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(ms)) throw notA('date', text, '2026-01-05')
  return ms / dayMs
}

/** The date of a number of days since 1970-01-01. */
export function dateOfDays(days: number): string {
  return new Date(days * dayMs).toISOString().slice(0, -'T00:00:00.000Z'.length)
}

const timeForm = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6})\d*)?$/

/** Microseconds since midnight of a time such as `10:30:00.5`. Throws NACRE_INPUT. */
export function microsOfTime(text: string): number {
  const [matched, hours, minutes, seconds, fraction] = timeForm.exec(text) ?? []
  if (matched === undefined) throw notA('time', text, '10:30:00')
  return (
    ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000_000 + microsOfFraction(fraction)
  )
}

/** The time of a number of microseconds since midnight, with a fraction only where there is one. */
export function timeOfMicros(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000)
  return new Date(seconds * 1000).toISOString().slice(11, 19) + fractionOf(micros - seconds * 1_000_000)
}

const timestampForm =
  /^([+-]?\d{4,6}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,6})\d*)?)? ?(Z|[+-]\d\d(?::?\d\d)?)?$/

/**
 * Microseconds since 1970-01-01T00:00Z of an ISO 8601 timestamp or DuckDB's text of one (`2026-01-05 10:00:00.5+00`); without
 * an offset it is taken as UTC. A number when safe, else a bigint. Throws NACRE_INPUT.
 */
export function microsOfTimestamp(text: string): number | bigint {
  const [matched, date, time = '00:00', fraction, zone = 'Z'] = timestampForm.exec(text) ?? []
  const offset = /^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')
  const ms = matched === undefined ? Number.NaN : Date.parse(`${date}T${time}${offset}`)
  if (Number.isNaN(ms)) throw notA('timestamp', text, '2026-01-05T10:00:00Z')
  const micros = ms * 1000 + microsOfFraction(fraction)
  return Number.isSafeInteger(micros) ? micros : BigInt(ms) * 1000n + BigInt(microsOfFraction(fraction))
}

/** The timestamp of microseconds since 1970, without an offset: `2026-01-05T10:00:00` and a fraction only where there is one. */
export function timestampOfMicros(micros: number | bigint): string {
  const whole = BigInt(micros)
  const fraction = ((whole % 1_000_000n) + 1_000_000n) % 1_000_000n
  const seconds = Number((whole - fraction) / 1_000_000n)
  return new Date(seconds * 1000).toISOString().slice(0, -'.000Z'.length) + fractionOf(Number(fraction))
}

function microsOfFraction(digits: string | undefined): number {
  return digits === undefined ? 0 : Number(digits.padEnd(6, '0'))
}

function fractionOf(micros: number): string {
  return micros === 0 ? '' : `.${String(micros).padStart(6, '0').replace(/0+$/, '')}`
}

function notA(what: string, text: string, example: string): NacreError {
  return new NacreError('NACRE_INPUT', `'${text}' is not a ${what}; write it as '${example}'.`)
}
