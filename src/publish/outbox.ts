import type { Queryable, Transaction } from '../database/index.ts'
import type { CommittedTable, PartitionTuple } from '../tables/index.ts'
import type { FeedManifest } from './feed-definition.ts'
import type { PublicationFacts } from './notification.ts'

/** A snapshot of a feed's table that waits for its export. */
export interface WaitingSnapshot {
  readonly position: bigint
  readonly table: string
  readonly tableUuid: string
  readonly snapshotId: string
  readonly sequenceNumber: number
  readonly committedAt: Date
  /** Those in which something changed; null when not known. */
  readonly partitions: readonly PartitionTuple[] | null
  /** Of the whole table, as its commit counted them. */
  readonly tableRows: number
  /** The table came back to it: a rollback. */
  readonly isReturn: boolean
  /** It was published before, and its files were swept. */
  readonly isRepeated: boolean
  readonly attempts: number
  readonly nextAttemptAt: Date | null
}

/** A change of more partitions is published whole. */
const partitionLimit = 1000

/**
 * Notes the snapshots of feeds' tables in the transaction that commits them, so that none is ever forgotten. One that a table
 * comes back to is noted once more; noting the newest again is harmless.
 */
export function enqueueNotifications(
  transaction: Transaction,
  feeds: readonly Pick<FeedManifest, 'table'>[],
  committed: readonly CommittedTable[],
): Promise<void> {
  const newest = `(select snapshot_id from feed_snapshot where table_uuid = $2 order by position desc limit 1)`
  return enqueue(transaction, feeds, committed, `$3 is distinct from ${newest}`)
}

/**
 * Notes the snapshots at which tables are that have just become feeds, but for those that were noted ever: one that was read before a
 * commit of this instant is not the newest any more.
 */
export function enqueueCurrent(
  transaction: Transaction,
  feeds: readonly Pick<FeedManifest, 'table'>[],
  current: readonly CommittedTable[],
): Promise<void> {
  const known = 'select from feed_snapshot where table_uuid = $2 and snapshot_id = $3'
  return enqueue(transaction, feeds, current, `not exists (${known})`)
}

async function enqueue(
  transaction: Transaction,
  feeds: readonly Pick<FeedManifest, 'table'>[],
  committed: readonly CommittedTable[],
  isNews: string,
): Promise<void> {
  const tables = new Set(feeds.map((feed) => feed.table))
  for (const commit of committed.filter(({ table }) => tables.has(table))) {
    await transaction.query(
      `insert into feed_snapshot (table_name, table_uuid, snapshot_id, sequence_number, committed_at, partitions, row_count, is_return)
       select $1, $2, $3, $4::bigint, $5::timestamptz, $6, $7::bigint,
         $4::bigint <= coalesce((select max(sequence_number) from feed_snapshot where table_uuid = $2), -1)
       where ${isNews} on conflict do nothing`,
      [
        commit.table,
        commit.tableUuid,
        commit.snapshotId,
        commit.sequenceNumber,
        commit.committedAt,
        commit.partitions.length > partitionLimit ? null : JSON.stringify(commit.partitions),
        Number(commit.summary['total-records'] ?? 0),
      ],
    )
  }
}

/** The oldest waiting snapshot of each of the tables. */
export async function nextSnapshots(
  database: Queryable,
  tables: readonly string[],
): Promise<readonly WaitingSnapshot[]> {
  const rows = await database.query<
    Omit<WaitingSnapshot, 'sequenceNumber' | 'tableRows' | 'partitions'> & {
      sequenceNumber: bigint
      tableRows: bigint | null
      partitions: string | null
    }
  >(
    `select distinct on (table_name) position, table_name as "table", table_uuid as "tableUuid", snapshot_id as "snapshotId",
       sequence_number as "sequenceNumber", committed_at as "committedAt", partitions, row_count as "tableRows", is_return as "isReturn", facts is not null or is_return as "isRepeated", attempts, next_attempt_at as "nextAttemptAt"
     from feed_snapshot where state = 'waiting' and table_name = any($1) order by table_name, position`,
    [tables],
  )
  return rows.map(({ partitions, ...row }) => ({
    ...row,
    sequenceNumber: Number(row.sequenceNumber),
    tableRows: Number(row.tableRows ?? 0),
    partitions: partitions === null ? null : (JSON.parse(partitions) as PartitionTuple[]),
  }))
}

/**
 * The snapshot that was published before another, if no commit of the table lies between the two: sequence numbers only grow, also
 * behind a rollback, which itself is always published whole.
 */
export async function publishedBefore(
  database: Queryable,
  { tableUuid, position, sequenceNumber }: WaitingSnapshot,
): Promise<string | undefined> {
  const rows = await database.query<{ snapshotId: string; isReadable: boolean; highest: bigint }>(
    `select snapshot_id as "snapshotId", state not in ('lost', 'withdrawn') as "isReadable", max(sequence_number) over () as highest
     from feed_snapshot where table_uuid = $1 and position < $2 order by position desc limit 1`,
    [tableUuid, position],
  )
  const [before] = rows
  return before?.isReadable && Number(before.highest) === sequenceNumber - 1 ? before.snapshotId : undefined
}

/** False when it was withdrawn meanwhile, which stays so. */
export async function markExported(
  database: Queryable,
  position: bigint,
  { facts, exportedAt }: { facts: PublicationFacts; exportedAt: Date },
): Promise<boolean> {
  const rows = await database.query(
    `update feed_snapshot set state = 'exported', last_error = null, next_attempt_at = null, row_count = $2, size_bytes = $3,
       exported_at = $4, facts = $5 where position = $1 and state <> 'withdrawn' returning position`,
    [position, facts.rows, facts.sizeBytes, exportedAt, JSON.stringify(facts)],
  )
  return rows.length > 0
}

export async function markExportFailed(
  database: Queryable,
  position: bigint,
  failure: { error: string; nextAttemptAt: Date },
): Promise<void> {
  await database.query(
    `update feed_snapshot set attempts = attempts + 1, last_error = $2, next_attempt_at = $3
     where position = $1 and state <> 'withdrawn'`,
    [position, failure.error, failure.nextAttemptAt],
  )
}

/** The snapshot can never be exported again: it was expired, or its table dropped. */
export async function markLost(database: Queryable, position: bigint, error: string): Promise<void> {
  await database.query(
    `update feed_snapshot set state = 'lost', attempts = attempts + 1, last_error = $2
     where position = $1 and state <> 'withdrawn'`,
    [position, error],
  )
}

const isAwaited = `exists (select from feed_delivery d where d.position = s.position and d.state = 'waiting')`

/** Exports of a table that nobody waits for and that are not among the newest `keep`, oldest first; also those half removed. */
export function removableExports(
  database: Queryable,
  table: string,
  keep: number,
): Promise<{ position: bigint; snapshotId: string; isReturn: boolean }[]> {
  return database.query(
    `select position, snapshot_id as "snapshotId", is_return as "isReturn" from feed_snapshot s
     where table_name = $1 and (state = 'removing' or state = 'exported' and not ${isAwaited} and position not in (
       select position from feed_snapshot where table_name = $1 and state = 'exported' order by position desc limit $2))
     order by position`,
    [table, keep],
  )
}

/** Whether an export may be removed now: from here on nobody is told of it before it was exported again. */
export async function markRemoving(database: Queryable, position: bigint): Promise<boolean> {
  const rows = await database.query(
    `update feed_snapshot s set state = 'removing'
     where position = $1 and (state = 'removing' or state = 'exported' and not ${isAwaited}) returning position`,
    [position],
  )
  return rows.length > 0
}

/** The files are gone. Whoever asked for them meanwhile waits for another export. */
export async function markRemoved(database: Queryable, position: bigint): Promise<void> {
  await database.query(
    `update feed_snapshot s set state = case when ${isAwaited} then 'waiting' else 'removed' end, attempts = 0, next_attempt_at = null
     where position = $1 and state = 'removing'`,
    [position],
  )
}

/** Forgets settled snapshots of a table beyond the newest `keep`, and their deliveries. */
export async function forgetHistory(database: Queryable, table: string, keep: number): Promise<void> {
  await database.query(
    `delete from feed_snapshot where table_name = $1 and state in ('removed', 'lost', 'withdrawn') and position <
       (select min(position) from (select position from feed_snapshot where table_name = $1 order by position desc limit $2) newest)`,
    [table, keep],
  )
}

/** Position of a table's newest export. */
export async function latestExport(database: Queryable, table: string): Promise<bigint | undefined> {
  const rows = await database.query<{ position: bigint }>(
    `select position from feed_snapshot where table_name = $1 and state = 'exported' order by position desc limit 1`,
    [table],
  )
  return rows[0]?.position
}
