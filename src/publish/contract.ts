import type { AvroSchema } from '../avro/index.ts'
import { NacreError, sha256 } from '../base/index.ts'
import type { Queryable } from '../database/index.ts'
import { avroSchemaOf, type Schema } from '../tables/index.ts'
import { breakingChanges, contractChanges, type ContractChange } from './contract-changes.ts'
import { contractOf, type FeedManifest } from './feed-definition.ts'

/** A schema that consumers of a feed were promised. */
export interface ContractVersion {
  /** `<major>.<revision>`: the declared version, and how often columns were added since. */
  readonly version: string
  readonly major: number
  readonly schema: AvroSchema
  /** SHA-256 of the schema. */
  readonly fingerprint: string
  /** The first snapshot that was published with it. */
  readonly sinceSnapshotId: string
  readonly createdAt: string
}

/** A table's schema is about to change. */
export interface SchemaChange {
  readonly table: string
  readonly after: Schema
}

/**
 * Refuses a change of a table's schema that breaks what its feed promises. Call it before the change is committed.
 * Throws NACRE_CONFLICT naming each field, what changed and what to do.
 */
export async function checkFeedContract(
  database: Queryable,
  feeds: readonly FeedManifest[],
  { table, after }: SchemaChange,
): Promise<void> {
  const feed = feeds.find((candidate) => candidate.table === table)
  if (feed === undefined) return
  const [latest] = await contractVersions(database, table)
  if (latest !== undefined) refuseBreak(feed, latest, avroSchemaOf(after, table))
}

/**
 * The version of the contract that a snapshot's schema belongs to; a new revision, or a declared new major version, is stored.
 * Throws NACRE_CONFLICT when it breaks the contract.
 */
export async function contractVersionOf(
  database: Queryable,
  feed: FeedManifest,
  snapshot: {
    readonly snapshotId: string
    readonly schema: AvroSchema
    /** It was published before, so its schema may be an older one. */
    readonly isRepeated: boolean
    readonly at: Date
  },
): Promise<ContractVersion> {
  const { schema, snapshotId, isRepeated, at } = snapshot
  const fingerprint = sha256(JSON.stringify(schema))
  const versions = await contractVersions(database, feed.table)
  const [latest] = versions
  const { version: declared } = contractOf(feed)
  const known = versions.find((each) => each.fingerprint === fingerprint)
  if (known !== undefined && (isRepeated || (known === latest && declared <= latest.major))) return known
  if (latest !== undefined) refuseBreak(feed, latest, schema)
  const major = Math.max(declared, latest?.major ?? 0)
  const revision = versions.filter((each) => each.major === major).length
  await database.query(
    `insert into feed_contract (table_name, major, revision, fingerprint, schema, since_snapshot_id, created_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [feed.table, major, revision, fingerprint, JSON.stringify(schema), snapshotId, at],
  )
  const createdAt = at.toISOString()
  return {
    version: `${major}.${revision}`,
    major,
    schema,
    fingerprint,
    sinceSnapshotId: snapshotId,
    createdAt,
  }
}

/** Versions of a feed's contract, newest first. */
export async function contractVersions(
  database: Queryable,
  table: string,
): Promise<readonly ContractVersion[]> {
  const rows = await database.query<{
    major: number
    revision: number
    fingerprint: string
    schema: string
    since: string
    createdAt: Date
  }>(
    `select major, revision, fingerprint, schema, since_snapshot_id as since, created_at as "createdAt"
     from feed_contract where table_name = $1 order by major desc, revision desc`,
    [table],
  )
  return rows.map(({ major, revision, fingerprint, schema, since, createdAt }) => ({
    version: `${major}.${revision}`,
    major,
    fingerprint,
    schema: JSON.parse(schema) as AvroSchema,
    sinceSnapshotId: since,
    createdAt: createdAt.toISOString(),
  }))
}

function refuseBreak(feed: FeedManifest, latest: ContractVersion, schema: AvroSchema): void {
  const { compatibility, version } = contractOf(feed)
  if (version > latest.major) return
  const broken = breakingChanges(contractChanges(latest.schema, schema), compatibility)
  if (broken.length === 0) return
  throw new NacreError(
    'NACRE_CONFLICT',
    `Feed '${feed.table}' promises its consumers ${compatibility} compatibility (contract ${latest.version}), which this schema breaks:
${broken.map((change) => `  - ${sentenceOf(change)}.`).join('\n')}
Undo the change, add a new column beside the old one, or begin a new contract in the feed's declaration once consumers know: contract: { version: ${latest.major + 1} }.`,
    { details: { feed: feed.table, contract: latest.version, compatibility, broken } },
  )
}

function sentenceOf({ field, what }: ContractChange): string {
  return field === '' ? `The schema ${what}` : `Field '${field}' ${what}`
}
