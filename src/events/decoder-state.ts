import type { Queryable, Transaction } from '../database/index.ts'
import type { LogPosition, SegmentLog } from './segment-log.ts'

/** How long an event is remembered, to tell a duplicate. */
export const rememberDays = 30 as const

/** How far a log was decoded, and what came of it; changed only in the commit that lands the rows. */
export interface DecoderProgress {
  readonly position: LogPosition
  /** Events since the log was made. */
  readonly landed: number
  readonly rejected: number
  readonly duplicates: number
}

interface ProgressRow {
  readonly segment: bigint
  readonly log_offset: bigint
  readonly landed: bigint
  readonly rejected: bigint
  readonly duplicates: bigint
}

/** The progress of a log; its start when it was never decoded. */
export async function readProgress(
  database: Queryable,
  log: Pick<SegmentLog, 'id' | 'start'>,
): Promise<DecoderProgress> {
  const [row] = await database.query<ProgressRow>('select * from event_log where log_id = $1', [log.id])
  if (row === undefined) return { position: log.start, landed: 0, rejected: 0, duplicates: 0 }
  return {
    position: { segment: Number(row.segment), offset: Number(row.log_offset) },
    landed: Number(row.landed),
    rejected: Number(row.rejected),
    duplicates: Number(row.duplicates),
  }
}

export async function saveProgress(
  transaction: Transaction,
  logId: string,
  { position, landed, rejected, duplicates }: DecoderProgress,
): Promise<void> {
  await transaction.query(
    `insert into event_log (log_id, segment, log_offset, landed, rejected, duplicates) values ($1, $2, $3, $4, $5, $6)
      on conflict (log_id) do update set segment = excluded.segment, log_offset = excluded.log_offset,
        landed = excluded.landed, rejected = excluded.rejected, duplicates = excluded.duplicates`,
    [logId, position.segment, position.offset, landed, rejected, duplicates],
  )
}

/** Those of `ids` (UUIDs) that were seen before. */
export async function readSeen(database: Queryable, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const rows = await database.query<{ id: string }>('select id from event_seen where id = any($1::uuid[])', [
    ids,
  ])
  return new Set(rows.map(({ id }) => id))
}

/** Remembers events as seen. A unique violation says that another decoder landed one of them in the meantime. */
export async function saveSeen(transaction: Transaction, ids: readonly string[], day: string): Promise<void> {
  if (ids.length === 0) return
  await transaction.query('insert into event_seen (id, received_day) select unnest($1::uuid[]), $2::date', [
    ids,
    day,
  ])
}

/** Forgets events that were seen before a day. */
export async function pruneSeen(database: Queryable, before: string): Promise<void> {
  await database.query('delete from event_seen where received_day < $1::date', [before])
}
