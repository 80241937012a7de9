import { sha256 } from '../base/index.ts'
import { bodyText } from './request-body.ts'
import type { LogEntry } from './segment-log.ts'
import type { RequestMeta } from './segment-record.ts'
import { isJsonObject, parseTrackingRequest, routes, type JsonObject } from './tracking-request.ts'

/** An event as it was sent, with what it inherits from its batch; not yet checked. */
export interface SentEvent {
  readonly receivedAt: number
  /** Name of the write key; undefined when it is unknown. */
  readonly writeKey: string | undefined
  /** `segment:offset#index`. */
  readonly logPosition: string
  readonly index: number
  readonly messageId: string
  /** As sent; may be none of the known types. */
  readonly type: string
  /** Name of a track event; `Identify`, `Page`… for the others. */
  readonly name: string
  readonly userId: string | null
  readonly anonymousId: string | null
  /** Traits of identify and group calls; with `name` and `category` for page and screen. */
  readonly properties: unknown
  readonly payload: JsonObject
}

/** Types of events. */
export const eventTypes: ReadonlySet<string> = new Set(
  [...routes.values()].filter((type) => type !== 'batch'),
)

/** More than any body within the collector's limits inflates to. */
const maxTextBytes = 64 * 1024 * 1024

/**
 * The events of a logged request, at most `limit`; the rest of a longer batch is one event of no type that holds them. The
 * collector parsed the body before, so one that does not parse is an error.
 */
export function readSentEvents(entry: LogEntry, limit: number): SentEvent[] {
  const { meta, receivedAt, position } = entry
  const { body, events } = parseTrackingRequest(bodyText(entry.body, maxTextBytes), meta.route)
  const place = `${position.segment}:${position.offset}`
  const payloads = events
    .slice(0, limit)
    .map((item) => (isJsonObject(item) ? inherit(item, body, meta) : { value: item }))
  if (events.length > limit) payloads.push({ batch: events.slice(limit) })
  return payloads.map((payload, index) =>
    sentEvent(payload, {
      receivedAt,
      writeKey: meta.writeKey ?? undefined,
      logPosition: `${place}#${index}`,
      index,
      generatedId: () => generatedId(payload, index) ?? `nacre-${place}#${index}`,
    }),
  )
}

/** An event of a payload that has inherited already. */
export function sentEvent(
  payload: JsonObject,
  receipt: Pick<SentEvent, 'receivedAt' | 'writeKey' | 'logPosition' | 'index'> & {
    generatedId: () => string
  },
): SentEvent {
  const { generatedId: makeId, ...about } = receipt
  const type = typeof payload['type'] === 'string' ? payload['type'] : ''
  return {
    ...about,
    payload,
    type,
    messageId: idText(payload['messageId']) ?? makeId(),
    name: type === 'track' ? (idText(payload['event']) ?? '') : type.charAt(0).toUpperCase() + type.slice(1),
    userId: idText(payload['userId']) ?? null,
    anonymousId: idText(payload['anonymousId']) ?? null,
    properties: propertiesOf(type, payload),
  }
}

/** Batch-level context and integrations hold for every event; what an event says itself wins. */
function inherit(item: JsonObject, body: JsonObject, { route, ip }: RequestMeta): JsonObject {
  const { writeKey: _key, ...own } = item
  const batch = route === 'batch' ? body : {}
  const context = { ...asObject(batch['context']), ...asObject(item['context']) }
  const integrations = { ...asObject(batch['integrations']), ...asObject(item['integrations']) }
  return {
    ...(batch['sentAt'] === undefined ? {} : { sentAt: batch['sentAt'] }),
    ...own,
    type: route === 'batch' ? item['type'] : route,
    context: context['direct'] === true && ip !== undefined ? { ip, ...context } : context,
    integrations,
  }
}

function propertiesOf(type: string, payload: JsonObject): unknown {
  if (type === 'identify' || type === 'group') return payload['traits'] ?? {}
  const properties = payload['properties'] ?? {}
  if ((type !== 'page' && type !== 'screen') || !isJsonObject(properties)) return properties
  const named = Object.fromEntries(
    (['name', 'category'] as const)
      .filter((key) => payload[key] !== undefined)
      .map((key) => [key, payload[key]]),
  )
  return { ...named, ...properties }
}

/** The same for a request that is sent again: clients stamp `sentAt` anew on every try, so it does not count. */
function generatedId(payload: JsonObject, index: number): string | undefined {
  const { sentAt: _sentAt, ...stable } = payload
  try {
    return `nacre-${sha256(`${index}:${JSON.stringify(stable)}`).slice(0, 32)}`
  } catch {
    return undefined // nested too deep to stringify; it will be rejected
  }
}

function idText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

function asObject(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {}
}
