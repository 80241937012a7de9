import { sha256 } from '../base/index.ts'
import { columnValue, storableText } from './column-value.ts'
import type { CompiledPlan, EventContract } from './event-contract.ts'
import { eventTime } from './event-time.ts'
import type { RecentEvent } from './recent-event.ts'
import { unknownKey, type RejectedRow, type RejectReason } from './rejected-events.ts'
import type { LogEntry } from './segment-log.ts'
import { eventTypes, readSentEvents, type SentEvent } from './sent-event.ts'
import { isJsonObject } from './tracking-request.ts'

/** A row of an event's table, by column. */
export type EventRow = Readonly<Record<string, unknown>>

/** What became of one event. */
export type DecodedEvent = {
  /** UUID of (write key, message id); that of a rejected event differs, so that it does not stand in the way of a good one. */
  readonly id: string
  readonly event: SentEvent
} & (
  | { readonly verdict: 'landed'; readonly contract: EventContract; readonly row: EventRow }
  | { readonly verdict: 'rejected'; readonly row: RejectedRow }
)

/** Bounds of the Segment API that are told per event, so that one fault does not lose its neighbours. */
export interface DecodeLimits {
  /** Default 2500. */
  readonly eventsPerBatch: number
  /** Of one event as JSON. Default 32 KiB. */
  readonly eventBytes: number
}

const defaultLimits: DecodeLimits = { eventsPerBatch: 2500, eventBytes: 32 * 1024 }

/** Turns logged requests into rows and rejected rows, first come first; duplicates are still among them. Pure. */
export function decodeBatch(
  entries: readonly LogEntry[],
  plan: CompiledPlan,
  limits: DecodeLimits = defaultLimits,
): DecodedEvent[] {
  return entries.flatMap((entry) => {
    let events: SentEvent[]
    try {
      events = readSentEvents(entry, limits.eventsPerBatch)
    } catch (error) {
      return [rejectEvent(unreadable(entry), 'malformed', (error as Error).message)]
    }
    // Measuring costs as much as parsing did, so it is left out where no event can be too large.
    const mayBeLarge = entry.body.length > limits.eventBytes || entry.body[0] === 0x1f
    return events.map((event) => decodeEvent(event, plan, limits, mayBeLarge))
  })
}

/** What becomes of one event under a plan. */
export function decodeEvent(
  event: SentEvent,
  plan: CompiledPlan,
  limits: DecodeLimits = defaultLimits,
  mayBeLarge = false,
): DecodedEvent {
  try {
    return judge(event, plan, limits, mayBeLarge)
  } catch (error) {
    // JSON nested ten thousand deep parses, but does not stringify; nothing a client sends may stop the others.
    return rejectEvent({ ...event, payload: {}, properties: {} }, 'malformed', (error as Error).message)
  }
}

function judge(
  event: SentEvent,
  plan: CompiledPlan,
  limits: DecodeLimits,
  mayBeLarge: boolean,
): DecodedEvent {
  const { type, name, index, payload, properties } = event
  const reject = (reason: RejectReason, message: string): DecodedEvent => rejectEvent(event, reason, message)
  if (event.writeKey === undefined)
    return reject('unknown_key', 'It came with a write key that is unknown or revoked.')
  if (index >= limits.eventsPerBatch) {
    return reject(
      'too_many_in_batch',
      `At most ${limits.eventsPerBatch} events of a batch are taken; these came after.`,
    )
  }
  if (mayBeLarge) {
    const bytes = Buffer.byteLength(JSON.stringify(payload))
    if (bytes > limits.eventBytes)
      return reject('too_large', `It has ${bytes} bytes; at most ${limits.eventBytes} are taken.`)
  }
  if (!eventTypes.has(type))
    return reject('unknown_type', `Its type is '${type}'; use ${[...eventTypes].join(', ')}.`)
  if (event.userId === null && event.anonymousId === null) {
    return reject('missing_identity', "It has neither 'userId' nor 'anonymousId'.")
  }
  const contract = plan.find(type, name)
  if (contract === undefined) {
    return reject(
      'unknown_event',
      `No app declares ${type === 'track' ? `the event '${name}'` : `${type} calls`}.`,
    )
  }
  if (contract.unusable !== undefined)
    return rejectEvent(event, 'table_refused', contract.unusable, { contract })
  const violation = contract.check(properties)
  if (violation !== undefined) {
    return rejectEvent(event, `schema_${violation.keyword}`, violation.message, {
      contract,
      pointer: violation.pointer,
    })
  }
  try {
    const row = eventRow(event, contract)
    return { id: eventId(event, 'landed'), event, verdict: 'landed', contract, row }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return rejectEvent(event, 'out_of_range', error.message, { contract })
  }
}

function eventRow(event: SentEvent, contract: EventContract): EventRow {
  const { payload, receivedAt } = event
  const properties = isJsonObject(event.properties) ? event.properties : {}
  const time = eventTime(payload, receivedAt)
  const row: Record<string, unknown> = {
    message_id: storableText(event.messageId),
    ts: isoTime(time.ts),
    received_at: isoTime(receivedAt),
    sent_at: isoTime(time.sentAt),
    device_ts: isoTime(time.deviceTs),
    ts_method: time.method,
    skew_ms: time.skewMs ?? null,
    user_id: event.userId === null ? null : storableText(event.userId),
    anonymous_id: event.anonymousId === null ? null : storableText(event.anonymousId),
    write_key: event.writeKey,
    context: payload['context'] === undefined ? null : JSON.stringify(payload['context']),
    extra: extraOf(properties, contract),
  }
  for (const [name, { type }] of contract.columns) row[name] = columnValue(type, properties[name])
  return row
}

/** Properties that no column has, as JSON; null when there are none. */
function extraOf(properties: Readonly<Record<string, unknown>>, contract: EventContract): string | null {
  const extra = Object.entries(properties).filter(([name]) => !contract.columns.has(name))
  return extra.length === 0 ? null : JSON.stringify(Object.fromEntries(extra))
}

/** The event as a rejected row. */
export function rejectEvent(
  event: SentEvent,
  reason: RejectReason,
  message: string,
  about: { contract?: EventContract; pointer?: string } = {},
): DecodedEvent {
  return {
    id: eventId(event, 'rejected'),
    event,
    verdict: 'rejected',
    row: {
      received_at: isoTime(event.receivedAt)!,
      event: storableText(event.name),
      type: storableText(event.type),
      reason,
      message: storableText(message),
      pointer: about.pointer === undefined ? null : storableText(about.pointer),
      schema_version: about.contract?.manifest.version ?? null,
      write_key: event.writeKey ?? unknownKey,
      message_id: storableText(event.messageId),
      user_id: event.userId === null ? null : storableText(event.userId),
      payload: JSON.stringify(event.payload),
      log_position: event.logPosition,
    },
  }
}

/** The event as the tail shows it. */
export function recentEvent(decoded: DecodedEvent, verdict: RecentEvent['verdict']): RecentEvent {
  const { event } = decoded
  return {
    receivedAt: isoTime(event.receivedAt)!,
    type: event.type,
    name: event.type === 'track' ? event.name : event.type,
    userId: event.userId,
    anonymousId: event.anonymousId,
    messageId: event.messageId,
    verdict,
    reason: decoded.verdict === 'rejected' ? decoded.row.message : null,
    properties: event.properties,
  }
}

function eventId(event: SentEvent, verdict: DecodedEvent['verdict']): string {
  const hash = sha256(JSON.stringify([verdict, event.writeKey ?? null, event.messageId]))
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-${hash.slice(12, 16)}-${hash.slice(16, 20)}-${hash.slice(20, 32)}`
}

function unreadable({ receivedAt, meta, position, body }: LogEntry): SentEvent {
  const logPosition = `${position.segment}:${position.offset}#0`
  return {
    receivedAt,
    writeKey: meta.writeKey ?? undefined,
    logPosition,
    index: 0,
    messageId: `nacre-${logPosition}`,
    type: '',
    name: '',
    userId: null,
    anonymousId: null,
    properties: {},
    payload: { text: body.toString('utf8', 0, 4096) },
  }
}

function isoTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString()
}
