import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { writeFileDurably } from '../base/index.ts'
import type { Database } from '../database/index.ts'
import {
  createWriteKey,
  listWriteKeys,
  rejectedEvents,
  type Collector,
  type Decoder,
  type RecentEvent,
  type ReplayOutcome,
  type WriteKeyInfo,
} from '../events/index.ts'
import { quoteString } from '../sql/index.ts'
import type { QueryService } from './query-service.ts'

/** Events in numbers; sums since the state was made. */
export interface EventCounters {
  readonly accepted: number
  readonly landed: number
  readonly rejected: number
  /** Bytes acknowledged and not yet landed. */
  readonly backlogBytes: number
  /** The last 60 minutes, oldest first. */
  readonly perMinute: readonly { readonly at: string; readonly landed: number; readonly rejected: number }[]
  /** Why landing fails at the moment; null when it does not. */
  readonly failing: string | null
}

/** Rejected events, counted by reason, and the newest of them. */
export interface RejectedEvents {
  readonly reasons: readonly {
    readonly event: string
    readonly reason: string
    readonly count: number
    readonly newest: string
  }[]
  readonly rows: readonly {
    readonly receivedAt: string
    readonly event: string
    readonly reason: string
    readonly pointer: string | null
    readonly payload: string
  }[]
}

/** Events, as people see them. */
export interface EventService {
  counters(): EventCounters
  recent(limit: number): readonly RecentEvent[]
  /** Calls `listener` with each event as it is decoded, until the answer is called. */
  listen(listener: (event: RecentEvent) => void): () => void
  rejected(limit: number): Promise<RejectedEvents>
  /** Decodes rejected events again with the plan of now; each lands at most once. */
  replay(): Promise<ReplayOutcome>
  writeKeys(): Promise<readonly WriteKeyInfo[]>
  /** The new key's text, seen only here. Throws NACRE_CONFLICT when the name is taken. */
  createWriteKey(name: string): Promise<string>
  /** The key named `default`, made at the first start. */
  defaultWriteKey(): Promise<string>
}

export interface EventServiceParts {
  readonly database: Database
  readonly collector: Collector
  readonly decoder: Decoder
  readonly queries: QueryService
  /** Holds the default write key. */
  readonly keyPath: string
  readonly replay: () => Promise<ReplayOutcome>
}

export function createEventService({
  database,
  collector,
  decoder,
  queries,
  keyPath,
  replay,
}: EventServiceParts): EventService {
  const atStart = decoder.summary()
  const before = atStart.landed + atStart.rejected + atStart.duplicates
  return {
    counters() {
      const { landed, rejected, backlogBytes, failing } = decoder.summary()
      return {
        accepted: before + collector.counters().events,
        landed,
        rejected,
        backlogBytes,
        failing,
        perMinute: decoder.perMinute(),
      }
    },
    recent: (limit) => decoder.recent(limit),
    listen: (listener) => decoder.subscribe(listener),
    async rejected(limit) {
      const { name } = rejectedEvents
      const [reasons, rows] = await Promise.all([
        queries.sql(
          `select event, reason, count(*), max(received_at) from ${name} group by all order by 3 desc, 1, 2`,
          { limit: 200, tables: [name] },
        ),
        queries.sql(
          `select received_at, event, reason || coalesce(${quoteString(': ')} || message, ''), pointer, payload from ${name} order by received_at desc`,
          { limit, tables: [name] },
        ),
      ])
      const text = (value: unknown): string => (value === null ? '' : String(value as string | number))
      return {
        reasons: reasons.rows.map(([event, reason, count, newest]) => ({
          event: text(event),
          reason: text(reason),
          count: Number(count),
          newest: text(newest),
        })),
        rows: rows.rows.map(([receivedAt, event, reason, pointer, payload]) => ({
          receivedAt: text(receivedAt),
          event: text(event),
          reason: text(reason),
          pointer: pointer === null ? null : text(pointer),
          payload: text(payload),
        })),
      }
    },
    replay,
    writeKeys: () => listWriteKeys(database),
    createWriteKey: (name) => createWriteKey(database, { name }),
    async defaultWriteKey() {
      if (existsSync(keyPath)) return (await readFile(keyPath, 'utf8')).trim()
      const taken = (await listWriteKeys(database)).some(({ name }) => name === 'default')
      const key = await createWriteKey(database, {
        name: taken ? `default-${Date.now().toString(36)}` : 'default',
      })
      await writeFileDurably(keyPath, `${key}\n`, { mode: 0o600 })
      return key
    },
  }
}
