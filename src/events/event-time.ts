import { isJsonObject, type JsonObject } from './tracking-request.ts'

/** How the time of an event was found; version 1 of the rule, see {@link eventTime}. */
export type TimeMethod = 'explicit' | 'request' | 'original' | 'received' | 'future'

/** The times of an event, milliseconds since 1970. */
export interface EventTime {
  readonly ts: number
  readonly method: TimeMethod
  /** When it happened, by the device clock. */
  readonly deviceTs: number | undefined
  readonly sentAt: number | undefined
  /** What was added to `deviceTs`. */
  readonly skewMs: number | undefined
}

const futureToleranceMs = 5 * 60_000
/** A clock before this was never set. */
const earliest = Date.UTC(2000)

/**
 * When an event happened, corrected for the device clock. It depends on this one receipt only, so that every order of
 * requests gives the same answer.
 *
 * 1. explicit: the caller gave the true time, as `context.nacre.trueTime` or (Rudder) as `timestamp` beside `originalTimestamp`;
 * 2. original: there is no `sentAt` to compare clocks by;
 * 3. request: device time + (receivedAt − sentAt), the formula of Segment's specification;
 * 4. received: there is no device time, it lies before 2000, or after `sentAt`, so that the clock was changed in between;
 * 5. future: the result would lie more than five minutes after the arrival, and is cut to that.
 */
export function eventTime(payload: JsonObject, receivedAt: number): EventTime {
  const { timestamp, originalTimestamp } = payload
  const deviceTs = parseTime(originalTimestamp) ?? parseTime(timestamp)
  const sentAt = parseTime(payload['sentAt'])
  const explicit =
    trueTime(payload) ?? (parseTime(originalTimestamp) === undefined ? undefined : parseTime(timestamp))
  const found = (ts: number, method: TimeMethod, skewMs?: number): EventTime =>
    ts > receivedAt + futureToleranceMs
      ? { ts: receivedAt + futureToleranceMs, method: 'future', deviceTs, sentAt, skewMs }
      : ts < earliest
        ? { ts: receivedAt, method: 'received', deviceTs, sentAt, skewMs: undefined }
        : { ts, method, deviceTs, sentAt, skewMs }
  if (explicit !== undefined) return found(explicit, 'explicit')
  if (deviceTs === undefined) return found(receivedAt, 'received')
  if (sentAt === undefined) return found(deviceTs, 'original')
  if (sentAt < deviceTs) return found(receivedAt, 'received')
  return found(deviceTs + receivedAt - sentAt, 'request', receivedAt - sentAt)
}

function trueTime(payload: JsonObject): number | undefined {
  const context = payload['context']
  const nacre = isJsonObject(context) ? context['nacre'] : undefined
  return isJsonObject(nacre) ? parseTime(nacre['trueTime']) : undefined
}

/** ISO 8601 text or milliseconds; undefined for anything else, and outside the years 1 to 9999. */
function parseTime(value: unknown): number | undefined {
  const ms =
    typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value)
      ? Date.parse(value)
      : typeof value === 'number'
        ? Math.round(value)
        : NaN
  return ms >= -62_135_596_800_000 && ms <= 253_402_300_799_999 ? ms : undefined
}
