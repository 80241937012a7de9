import { NacreError } from '../base/index.ts'
import { Temporal } from 'temporal-polyfill'

/** An ISO 8601 repeating interval in a time zone: its slots are start, start + period, start + 2 periods, … */
export interface RepeatingInterval {
  /** How many slots there are; Infinity for `R/…`. */
  readonly count: number
  /** The `index`th slot, milliseconds since the epoch. */
  slot(index: number): number
}

/**
 * Reads `R[n]/[start]/period` (ISO 8601-1, 5.6.1). Slots keep wall-clock time in `timezone` for calendar periods (`P1D`) and
 * elapsed time for clock periods (`PT24H`).
 * @param anchorMs The start where the text names none.
 * @throws NACRE_INPUT saying which part is wrong.
 */
export function parseRepeatingInterval(text: string, timezone: string, anchorMs: number): RepeatingInterval {
  const match = /^R(\d*)\/([^/]*)\/(P[^/]*)$/.exec(text)
  if (match === null)
    throw wrong(text, "is not of the form R[n]/[start]/period, such as 'R/2026-01-01T00:00:00Z/PT1H'")
  const [, repetitions = '', startText = '', periodText = ''] = match
  const count = repetitions === '' ? Infinity : Number(repetitions)
  const start = parseStart(text, startText, timezone, anchorMs)
  const period = parsePeriod(text, periodText, count)
  const { years, months, weeks, days, hours, minutes, seconds } = period
  return {
    count,
    // Multiplied, not added up: monthly from 31 January gives 28 February and then 31 March.
    slot: (index) =>
      start.add({
        years: years * index,
        months: months * index,
        weeks: weeks * index,
        days: days * index,
        hours: hours * index,
        minutes: minutes * index,
        seconds: seconds * index,
      }).epochMilliseconds,
  }
}

function parseStart(text: string, start: string, timezone: string, anchorMs: number): Temporal.ZonedDateTime {
  if (start === '') return Temporal.Instant.fromEpochMilliseconds(anchorMs).toZonedDateTimeISO(timezone)
  const hasOffset = /T.*(Z|[+-]\d\d(:?\d\d)?)$/.test(start)
  try {
    if (hasOffset && timezone === 'UTC') return Temporal.Instant.from(start).toZonedDateTimeISO('UTC')
    return Temporal.PlainDateTime.from(
      hasOffset ? start.replace(/(Z|[+-]\d\d(:?\d\d)?)$/, '') : start,
    ).toZonedDateTime(timezone)
  } catch (cause) {
    throw wrong(text, `starts at '${start}', which is not an ISO 8601 date or date-time`, cause)
  }
}

function parsePeriod(text: string, period: string, count: number): Temporal.Duration {
  if (period === 'P' && count <= 1) return new Temporal.Duration()
  let duration: Temporal.Duration
  try {
    duration = Temporal.Duration.from(period)
  } catch (cause) {
    throw wrong(
      text,
      `has the period '${period}', which is not an ISO 8601 duration such as PT10M or P1D`,
      cause,
    )
  }
  if (duration.milliseconds + duration.microseconds + duration.nanoseconds > 0)
    throw wrong(text, `has the period '${period}'; fractions of a second are not supported`)
  if (duration.sign <= 0 && count > 1)
    throw wrong(text, `has the period '${period}', which is zero, so it would never move on`)
  return duration
}

function wrong(text: string, why: string, cause?: unknown): NacreError {
  return new NacreError('NACRE_INPUT', `interval '${text}' ${why}.`, { cause })
}
