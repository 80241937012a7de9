import { backoffMs, NacreError, stringifyLossless, uuidv7, type Clock, type Log } from '../../base/index.ts'
import type { Database, Transaction } from '../../database/index.ts'
import type { Store } from '../../storage/index.ts'
import type { SchemaChange } from '../catalog/catalog.ts'
import { insertRow, lockNames, swapMetadataLocation } from '../catalog/catalog-rows.ts'
import { checkEvolution } from '../schema/check-evolution.ts'
import { checkRequirements, type MetadataRequirement } from '../metadata/metadata-requirements.ts'
import { applyUpdates, emptyMetadata, type MetadataUpdate } from '../metadata/metadata-updates.ts'
import type { CommitTurns } from './commit-turns.ts'
import { publishFiles } from './publish-files.ts'
import type { StagedFile } from './stage-snapshot.ts'
import { requireFreePlace } from '../catalog/table-places.ts'
import { currentSchema, type TableMetadata } from '../metadata/table-metadata.ts'
import type { TableReader } from '../catalog/table-reader.ts'
import { requireDistinctName } from '../catalog/view-rows.ts'

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
  readonly turns: CommitTurns
  readonly clock: Clock
  readonly log: Log
  readonly random: () => number
  /** May refuse a commit by throwing, before anything is written. */
  readonly onSchemaChange?: ((change: SchemaChange) => void | Promise<void>) | undefined
  /** Told the names of the tables of each commit once it is done. */
  readonly onCommitted?: ((tables: readonly string[]) => void) | undefined
}

/**
 * The one way tables change: checks the requirements, applies the updates, writes every file, and then, in one transaction,
 * points all tables at their new metadata and runs `within`. Gives the tables as they are now. Undefined, with nothing changed,
 * when another commit of one of the tables came first. Throws what `within` throws, with nothing changed.
 */
export async function commitTables(
  world: CommitWorld,
  commits: readonly TableCommit[],
  within: (transaction: Transaction, tables: readonly LoadedTable[]) => Promise<void> = async () => {},
): Promise<readonly LoadedTable[] | undefined> {
  const nowMs = world.clock.now()
  const staged = commits.map((commit) => stageTable(commit, nowMs))
  const committed = staged.map(({ after }) => after)
  for (const change of staged) await announceSchemaChange(world, change)
  const files = staged.flatMap((table) => table.files)
  const isDone = await publishFiles(world, files, async (transaction) => {
    if (staged.some(takesPlace)) await lockNames(transaction)
    // Two commits of the same tables take the locks in the same order.
    for (const table of staged.toSorted((one, other) => (one.after.name < other.after.name ? -1 : 1)))
      if (!(await swap(transaction, table))) return false
    await within(transaction, committed)
    return true
  })
  if (!isDone) return undefined
  await Promise.all(staged.map((table) => deleteFormerMetadata(world, table)))
  world.onCommitted?.(committed.map(({ name }) => name))
  return committed
}

/** How often a commit is tried anew on the newest metadata after others came first. */
const maxTries = 30

/** Repeats a commit until no other comes between; `attempt` gives undefined when one did. Throws NACRE_COMMIT_CONFLICT at last. */
export async function retryLostRaces<Result>(
  { clock, log, random, turns }: CommitWorld,
  names: readonly string[],
  attempt: () => Promise<Result | undefined>,
): Promise<Result> {
  await using held = new AsyncDisposableStack()
  let hasTurn = false
  for (let tries = 1; tries <= maxTries; tries++) {
    if (!hasTurn && (tries > 1 || turns.isTaken(names))) {
      held.use(await turns.take(names))
      hasTurn = true
    }
    const result = await attempt()
    if (result !== undefined) return result
    log.debug({ tables: names, tries }, 'Another commit came first; trying again.')
    await clock.sleep(backoffMs(tries, { minMs: 1, maxMs: 500, random }))
  }
  throw new NacreError(
    'NACRE_COMMIT_CONFLICT',
    `Other commits of ${names.join(', ')} came first ${maxTries} times. Try again, or let fewer jobs write at once.`,
  )
}

/** A commit of one table before it is written. */
interface StagedTable {
  /** Null for a table that is being created. */
  readonly before: LoadedTable | null
  readonly after: LoadedTable
  readonly files: readonly StagedFile[]
}

/** The metadata that a commit makes. Throws NACRE_COMMIT_CONFLICT when a requirement does not hold, NACRE_INPUT for updates that cannot be. */
export function metadataAfter({ base, requirements, updates }: TableCommit, nowMs: number): TableMetadata {
  if (!('metadata' in base)) {
    checkRequirements(null, requirements)
    return applyUpdates(emptyMetadata(uuidv7(nowMs), base.location), updates, { nowMs, previous: undefined })
  }
  checkRequirements(base.metadata, requirements)
  const metadata = applyUpdates(base.metadata, updates, { nowMs, previous: base.metadataLocation })
  checkEvolution(base.metadata, metadata)
  return metadata
}

function stageTable(commit: TableCommit, nowMs: number): StagedTable {
  const { base } = commit
  const before = 'metadata' in base ? base : null
  const metadata = metadataAfter(commit, nowMs)
  const version = String(versionOf(before?.metadataLocation) + 1).padStart(5, '0')
  const uri = `${metadata.location}/metadata/${version}-${uuidv7(nowMs)}.metadata.json`
  const file = { uri, data: Buffer.from(stringifyLossless(metadata)), content: metadata }
  return {
    before,
    after: { name: base.name, metadataLocation: uri, metadata },
    files: [...commit.files, file],
  }
}

async function announceSchemaChange(world: CommitWorld, { before, after }: StagedTable): Promise<void> {
  if (!before) return
  const change = {
    table: after.name,
    before: currentSchema(before.metadata),
    after: currentSchema(after.metadata),
  }
  if (change.before !== change.after) await world.onSchemaChange?.(change)
}

/** Whether the commit puts a table where none was. */
function takesPlace({ before, after }: StagedTable): boolean {
  return before?.metadata.location !== after.metadata.location
}

async function swap(transaction: Transaction, table: StagedTable): Promise<boolean> {
  const { before, after } = table
  const { location, 'table-uuid': tableUuid } = after.metadata
  const { name, metadataLocation } = after
  if (!before) await requireDistinctName(transaction, name)
  if (takesPlace(table)) await requireFreePlace(transaction, { name, tableUuid, location })
  return before
    ? swapMetadataLocation(transaction, before, { metadataLocation, location })
    : insertRow(transaction, { name, table_uuid: tableUuid, metadata_location: metadataLocation, location })
}

/** Deletes the metadata files that fell out of the log, where the table asks for it. */
async function deleteFormerMetadata(
  { store, log }: CommitWorld,
  { before, after }: StagedTable,
): Promise<void> {
  const { properties, location, 'metadata-log': kept } = after.metadata
  if (!before || properties['write.metadata.delete-after-commit.enabled'] !== 'true') return
  const named = new Set([after.metadataLocation, ...kept.map((entry) => entry['metadata-file'])])
  const former = [
    ...before.metadata['metadata-log'].map((entry) => entry['metadata-file']),
    before.metadataLocation,
  ]
  for (const uri of former)
    if (!named.has(uri) && uri.startsWith(`${location}/metadata/`))
      // The commit is done; what cannot be deleted is an orphan.
      await store
        .delete(uri)
        .catch((error: unknown) => log.warn({ uri, error }, 'A former metadata file stays.'))
}

function versionOf(metadataLocation: string | undefined): number {
  return Number(/\/(\d+)-[^/]*$/.exec(metadataLocation ?? '')?.[1] ?? -1)
}
