import { systemClock, type Clock } from '../base/index.ts'
import { isUniqueViolation, type Database } from '../database/index.ts'
import type { Engine } from '../engines/index.ts'
import { sql } from '../sql/index.ts'
import type { Catalog } from '../tables/index.ts'
import { decodeEvent, type DecodedEvent } from './decode-batch.ts'
import { rememberDays, saveSeen } from './decoder-state.ts'
import type { CompiledPlan } from './event-contract.ts'
import type { EventManifest } from './event-definition.ts'
import { rejectedEvents, unknownKey, type RejectedRow } from './rejected-events.ts'
import { sentEvent, type SentEvent } from './sent-event.ts'
import { stageEvents } from './stage-events.ts'
import { isJsonObject, type JsonObject } from './tracking-request.ts'
import type { WriteRows } from './write-event-rows.ts'

/** What replaying needs. */
export interface ReplayParts {
  readonly database: Database
  readonly catalog: Pick<Catalog, 'planScan' | 'planWrite' | 'commit'>
  /** Reads `events.rejected`. */
  readonly engine: Pick<Engine, 'attach' | 'rows'>
  readonly writeRows: WriteRows
  /** The declared events as they are now; their tables exist. */
  readonly plan: readonly EventManifest[]
}

/** What came of a replay. */
export interface ReplayOutcome {
  readonly read: number
  readonly landed: number
  /** Had landed before. */
  readonly duplicates: number
  /** Still break the plan. */
  readonly rejected: number
}

const pageRows = 5000

/**
 * Decodes rejected events again under the current plan and lands those that now fit; they stay in `events.rejected`. Doing it
 * again lands nothing twice: only events received while their ids are remembered (30 days) are taken.
 * @param options.unknownKeyAs Takes events of unknown keys as if sent with the write key of this name; without it they stay rejected.
 */
export async function replayRejected(
  parts: ReplayParts,
  options: { unknownKeyAs?: string; signal?: AbortSignal } = {},
  effects: { clock?: Clock } = {},
): Promise<ReplayOutcome> {
  const { compilePlan } = await import('./event-contract.ts')
  const plan = compilePlan(parts.plan)
  const now = (effects.clock ?? systemClock).now()
  await parts.engine.attach(await parts.catalog.planScan(rejectedEvents.name))
  const sum = { read: 0, landed: 0, duplicates: 0, rejected: 0 }
  for (let page = 0; ; page += 1) {
    options.signal?.throwIfAborted()
    const rows = await readPage(parts.engine, page, new Date(now - rememberDays * 86_400_000))
    const decoded = rows.flatMap((row) => decodeAgain(row, plan, options.unknownKeyAs))
    const good = decoded.filter(({ verdict }) => verdict === 'landed')
    const { landed, duplicates } = await land(
      good,
      parts,
      new Date(now).toISOString().slice(0, 10),
      options.signal,
    )
    sum.read += decoded.length
    sum.landed += landed
    sum.duplicates += duplicates
    sum.rejected += decoded.length - landed - duplicates
    if (rows.length < pageRows) return sum
  }
}

function readPage(engine: Pick<Engine, 'rows'>, page: number, since: Date): Promise<RejectedRow[]> {
  return engine.rows<RejectedRow>(
    sql`select * from ${rejectedEvents} where received_at >= ${since} order by received_at, log_position limit ${pageRows} offset ${page * pageRows}`,
  )
}

function decodeAgain(row: RejectedRow, plan: CompiledPlan, unknownKeyAs: string | undefined): DecodedEvent[] {
  const payload = JSON.parse(row.payload) as JsonObject
  const { batch } = payload
  const isRest = row.reason === 'too_many_in_batch' && Array.isArray(batch)
  const payloads = isRest ? batch.filter((item) => isJsonObject(item)) : [payload]
  return payloads.map((each, index) => {
    const event: SentEvent = sentEvent(each, {
      receivedAt: Date.parse(row.received_at),
      writeKey: row.write_key === unknownKey ? unknownKeyAs : row.write_key,
      logPosition: row.log_position,
      index: 0,
      generatedId: () => (isRest ? `${row.message_id}-${index}` : row.message_id),
    })
    return decodeEvent(event, plan)
  })
}

async function land(
  events: readonly DecodedEvent[],
  parts: ReplayParts,
  day: string,
  signal: AbortSignal | undefined,
): Promise<{ landed: number; duplicates: number }> {
  const { changes, kept, duplicates } = await stageEvents(events, parts, signal)
  if (changes.length === 0) return { landed: 0, duplicates: duplicates.length }
  try {
    await parts.catalog.commit(changes, {
      summary: { 'nacre.writer': 'a replay of rejected events' },
      within: (transaction) =>
        saveSeen(
          transaction,
          kept.map(({ id }) => id),
          day,
        ),
    })
  } catch (error) {
    // The decoder landed one of them in the meantime; it is a duplicate now.
    if (isUniqueViolation(error)) return land(events, parts, day, signal)
    throw error
  }
  const landed = kept.filter(({ verdict }) => verdict === 'landed').length
  return { landed, duplicates: duplicates.length }
}
