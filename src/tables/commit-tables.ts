import { backoffMs, NacreError, stringifyLossless, uuidv7, type Clock, type Log } from '../base/index.ts'
import type { Database, Transaction } from '../database/index.ts'
import type { Store } from '../storage/index.ts'
import { insertRow, swapMetadataLocation } from './catalog-rows.ts'
import { checkRequirements, type MetadataRequirement } from './metadata-requirements.ts'
import { applyUpdates, emptyMetadata, type MetadataUpdate } from './metadata-updates.ts'
import type { StagedFile } from './stage-snapshot.ts'
import type { TableMetadata } from './table-metadata.ts'
import type { TableReader } from './table-reader.ts'

/** A table as it was loaded: what a commit builds on. */
export interface LoadedTable {
  readonly name: string
  readonly metadataLocation: string
  readonly metadata: TableMetadata
}

/** What is to become of one table: `updates` are applied if `requirements` hold, and point at `files`. */
export interface TableCommit {
  /** A location instead of a loaded table creates one. */
  readonly base: LoadedTable | { readonly name: string; readonly location: string }
  readonly requirements: readonly MetadataRequirement[]
  readonly updates: readonly MetadataUpdate[]
  readonly files: readonly StagedFile[]
}

/** What committing works with. */
export interface CommitWorld {
  readonly database: Database
  readonly store: Store
  readonly tables: TableReader
  readonly clock: Clock
  readonly log: Log
  readonly random: () => number
}

/**
 * The one way tables change: checks the requirements, applies the updates, writes every file, and then, in one transaction,
 * points all tables at their new metadata and runs `within`. True when done. False, with nothing changed, when another commit
 * of one of the tables came first. Throws what `within` throws, with nothing changed.
 */
export async function commitTables(
  world: CommitWorld,
  commits: readonly TableCommit[],
  within: (transaction: Transaction) => Promise<void> = async () => {},
): Promise<boolean> {
  const { database, store, tables } = world
  // Two commits of the same tables take the locks in the same order.
  const staged = commits
    .map((commit) => stageTable(commit, world.clock.now()))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
  const files = staged.flatMap((table) => table.files)
  const undo = async (): Promise<void> => {
    // What cannot be removed is an orphan: no table names it.
    await Promise.allSettled(files.map((file) => store.delete(file.uri)))
  }
  const written = await Promise.allSettled(files.map((file) => store.writeIfAbsent(file.uri, file.data)))
  const failure = written.find((result) => result.status === 'rejected')
  if (failure) {
    await undo()
    throw failure.reason
  }
  let isUndecided = true
  try {
    await database.transaction(async (transaction) => {
      try {
        for (const table of staged) if (!(await table.swap(transaction))) throw new LostRace()
        await within(transaction)
      } catch (error) {
        isUndecided = false
        throw error
      }
    })
  } catch (error) {
    // When the commit itself failed, it may yet have happened: then the tables need these files.
    if (!isUndecided || isContention(error)) await undo()
    if (error instanceof LostRace || isContention(error)) return false
    throw error
  }
  for (const file of files) tables.decoded.keep(file.uri, file.content, file.data.length)
  return true
}

/** How often a commit is tried anew on the newest metadata after others came first. */
const maxTries = 30

/** Repeats a commit until no other comes between; `attempt` gives undefined when one did. Throws NACRE_COMMIT_CONFLICT at last. */
export async function retryLostRaces<Result>(
  { clock, log, random }: CommitWorld,
  names: readonly string[],
  attempt: () => Promise<Result | undefined>,
): Promise<Result> {
  for (let tries = 1; tries <= maxTries; tries++) {
    const result = await attempt()
    if (result !== undefined) return result
    log.debug({ tables: names, tries }, 'Another commit came first; trying again.')
    await clock.sleep(backoffMs(tries, { minMs: 2, maxMs: 500, random }))
  }
  throw new NacreError(
    'NACRE_COMMIT_CONFLICT',
    `Other commits of ${names.join(', ')} came first ${maxTries} times. Try again, or let fewer jobs write at once.`,
  )
}

/** Thrown to roll back when another commit came first. */
class LostRace extends NacreError {
  constructor() {
    super('NACRE_COMMIT_CONFLICT', 'Another commit came first.')
  }
}

/** PostgreSQL broke a deadlock or refused to serialize; it has rolled the transaction back. */
function isContention(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown }
  return code === '40P01' || code === '40001'
}

function stageTable(
  commit: TableCommit,
  nowMs: number,
): { name: string; files: readonly StagedFile[]; swap: (transaction: Transaction) => Promise<boolean> } {
  const { base, requirements, updates } = commit
  const loaded = 'metadata' in base ? base : null
  checkRequirements(loaded?.metadata ?? null, requirements)
  const before = 'metadata' in base ? base.metadata : emptyMetadata(uuidv7(nowMs), base.location)
  const metadata = applyUpdates(before, updates, { nowMs, previous: loaded?.metadataLocation })
  const uuid = metadata['table-uuid']
  const version = String(versionOf(loaded?.metadataLocation) + 1).padStart(5, '0')
  const uri = `${metadata.location}/metadata/${version}-${uuidv7(nowMs)}.metadata.json`
  const file = { uri, data: Buffer.from(stringifyLossless(metadata)), content: metadata }
  return {
    name: base.name,
    files: [...commit.files, file],
    swap: (transaction) =>
      loaded
        ? swapMetadataLocation(transaction, { tableUuid: uuid, from: loaded.metadataLocation, to: uri })
        : insertRow(transaction, { name: base.name, table_uuid: uuid, metadata_location: uri }),
  }
}

function versionOf(metadataLocation: string | undefined): number {
  return Number(/\/(\d+)-[^/]*$/.exec(metadataLocation ?? '')?.[1] ?? -1)
}
