import { randomBytes } from 'node:crypto'
import { backoffMs, NacreError, silentLog, systemClock, uuidv7, type Clock, type Log } from '../base/index.ts'
import type { Database } from '../database/index.ts'
import type { Store } from '../storage/index.ts'
import type { Catalog, CommitHook } from './catalog.ts'
import { selectRow, selectRows, type CatalogRow } from './catalog-rows.ts'
import { commitTables, type CommitParts, type LoadedTable, type TableCommit } from './commit-tables.ts'
import type { DataFile } from './data-file.ts'
import { DecodedFiles } from './decoded-files.ts'
import { describeSnapshot, describeTable } from './describe-table.ts'
import { decodeManifest, type Manifest } from './manifest.ts'
import { decodeManifestList, type ManifestListEntry } from './manifest-list.ts'
import type { MetadataUpdate } from './metadata-updates.ts'
import { mapConcurrently } from './map-concurrently.ts'
import { nearestName } from './nearest-name.ts'
import { contentsNeeded, planCommit, type SnapshotPlan } from './plan-commit.ts'
import { planCreation, planEvolution } from './plan-definition.ts'
import { planScan } from './plan-scan.ts'
import type { ScanPlan, WriteTarget } from './scan-plan.ts'
import type { CommittedTable, TableChange } from './table-change.ts'
import { editOf } from './table-edit.ts'
import {
  currentSchema,
  currentSnapshot,
  currentSpec,
  parseMetadata,
  sortColumns,
  type Snapshot,
  type TableMetadata,
} from './table-metadata.ts'

/** Where a catalog keeps its state and its files. */
export interface CatalogOptions {
  /** With {@link migrations} applied. */
  readonly database: Database
  readonly store: Store
  /** URI of the folder that tables are made in, such as `file:///var/lib/nacre/warehouse`, without `/` at its end. */
  readonly warehouse: string
  /** Called inside every commit's transaction. */
  readonly onCommit?: CommitHook
}

/** What a catalog touches beside its database and store. */
export interface CatalogEffects {
  readonly clock?: Clock
  readonly log?: Log
  readonly random?: () => number
  /** A snapshot id: positive, unique, below 2^53 so that every JSON reader keeps it. */
  readonly newSnapshotId?: () => number
}

/** How often a commit is tried anew on the newest metadata after others came first. */
const maxAttempts = 30

/** Opens the Iceberg catalog. It holds nothing that must be closed; several may work on one database and store at once. */
export function openCatalog(options: CatalogOptions, effects: CatalogEffects = {}): Catalog {
  const { database, store, warehouse, onCommit } = options
  const { clock = systemClock, log = silentLog, random = Math.random } = effects
  const newSnapshotId = effects.newSnapshotId ?? randomSnapshotId
  const decoded = new DecodedFiles(store)
  const parts = (): CommitParts => ({ database, store, decoded, nowMs: clock.now() })

  async function load(row: CatalogRow): Promise<LoadedTable> {
    const uri = row.metadata_location
    const metadata = await decoded.read(uri, (data) => parseMetadata(Buffer.from(data).toString(), uri))
    return { name: row.name, metadataLocation: uri, metadata }
  }

  async function loadByName(name: string): Promise<LoadedTable> {
    const row = await selectRow(database, name)
    if (row) return load(row)
    const names = (await selectRows(database)).map((other) => other.name)
    const nearest = nearestName(name, names)
    const hint = nearest === undefined ? '' : ` Did you mean '${nearest}'?`
    throw new NacreError('NACRE_NOT_FOUND', `Table '${name}' does not exist.${hint}`, {
      details: { table: name },
    })
  }

  const readList = async (snapshot: Snapshot | null): Promise<readonly ManifestListEntry[]> =>
    snapshot === null ? [] : decoded.read(snapshot['manifest-list'], decodeManifestList)

  const readManifest = (listed: ManifestListEntry): Promise<Manifest> =>
    decoded.read(listed.manifest_path, (data) =>
      decodeManifest(data, { snapshotId: listed.added_snapshot_id, sequenceNumber: listed.sequence_number }),
    )

  async function planChanges(
    table: LoadedTable,
    changes: readonly TableChange[],
    summary: Readonly<Record<string, string>>,
  ): Promise<SnapshotPlan | undefined> {
    const { metadata } = table
    const edit = editOf(metadata, changes)
    const list = await readList(currentSnapshot(metadata))
    const needed = contentsNeeded(metadata, list, edit)
    const live = await mapConcurrently(list, async (listed) => ({
      listed,
      content: needed.has(listed) ? await readManifest(listed) : undefined,
    }))
    const nowMs = clock.now()
    return planCommit(metadata, live, edit, {
      snapshotId: newSnapshotId(),
      commitId: uuidv7(nowMs),
      nowMs,
      summary,
    })
  }

  /** Tries until no other commit comes between; `attempt` answers undefined when one did. */
  async function retry<Result>(what: string, attempt: () => Promise<Result | undefined>): Promise<Result> {
    for (let tries = 1; tries <= maxAttempts; tries++) {
      const result = await attempt()
      if (result !== undefined) return result
      log.debug({ what, tries }, 'Another commit came first; trying again.')
      await clock.sleep(backoffMs(tries, { minMs: 2, maxMs: 500, random }))
    }
    throw new NacreError(
      'NACRE_COMMIT_CONFLICT',
      `Other commits of ${what} came first ${maxAttempts} times. Try again, or write to it from fewer jobs at once.`,
    )
  }

  return {
    ensureTable: (definition) =>
      retry(`'${definition.name}'`, async () => {
        const row = await selectRow(database, definition.name)
        const base = row
          ? await load(row)
          : { name: definition.name, location: locationOf(warehouse, definition.name) }
        const updates =
          'metadata' in base ? planEvolution(definition, base.metadata) : planCreation(definition)
        if ('metadata' in base && updates.length === 0) return describeTable(base)
        const isDone = await commitTables(
          parts(),
          [{ base, requirements: [], updates, files: [] }],
          async () => {},
        )
        return isDone ? describeTable(await loadByName(definition.name)) : undefined
      }),

    table: async (name) => describeTable(await loadByName(name)),

    async tables() {
      const loaded = await mapConcurrently(await selectRows(database), load)
      return loaded.map(describeTable)
    },

    async snapshots(name, { limit } = {}) {
      const { metadata } = await loadByName(name)
      return metadata.snapshots.toReversed().slice(0, limit).map(describeSnapshot)
    },

    async planScan(name, { snapshotId, partitions } = {}): Promise<ScanPlan> {
      const table = await loadByName(name)
      const snapshot = findSnapshot(table, snapshotId)
      return planScan({ table, snapshot, list: await readList(snapshot), partitions, readManifest })
    },

    async planWrite(name): Promise<WriteTarget> {
      const { metadata } = await loadByName(name)
      return {
        table: name,
        tableUuid: metadata['table-uuid'],
        schema: currentSchema(metadata),
        spec: currentSpec(metadata),
        sortBy: sortColumns(metadata),
        dataLocation: `${metadata.location}/data`,
      }
    },

    async commit(changes, commitOptions = {}) {
      const { properties = {}, summary = {}, within } = commitOptions
      const names = [
        ...new Set([...changes.map(({ table }) => table), ...Object.keys(properties)]),
      ].toSorted()
      await mapConcurrently(
        changes.flatMap(({ files }) => files),
        (file) => checkStored(store, file),
      )
      return retry(names.map((name) => `'${name}'`).join(', '), async () => {
        const commits: TableCommit[] = []
        const committed: CommittedTable[] = []
        for (const name of names) {
          const base = await loadByName(name)
          const plan = await planChanges(
            base,
            changes.filter(({ table }) => table === name),
            summary,
          )
          const updates = [...(plan?.updates ?? []), ...propertyUpdates(base.metadata, properties[name])]
          if (updates.length === 0) continue
          commits.push({ base, requirements: plan?.requirements ?? [], updates, files: plan?.files ?? [] })
          if (plan) committed.push(describeCommitted(base, plan))
        }
        const isDone = await commitTables(parts(), commits, async (transaction) => {
          if (committed.length > 0) await onCommit?.(transaction, committed)
          await within?.(transaction, committed)
        })
        return isDone ? committed : undefined
      })
    },
  }
}

function locationOf(warehouse: string, name: string): string {
  const split = name.lastIndexOf('.')
  return `${warehouse}/${name.slice(0, split)}/${name.slice(split + 1)}`
}

function findSnapshot({ name, metadata }: LoadedTable, id: string | undefined): Snapshot | null {
  if (id === undefined) return currentSnapshot(metadata)
  const snapshot = metadata.snapshots.find((candidate) => String(candidate['snapshot-id']) === id)
  if (snapshot) return snapshot
  throw new NacreError(
    'NACRE_NOT_FOUND',
    `Table '${name}' has no snapshot ${id}; it never had it or it has expired.`,
    {
      details: { table: name, snapshotId: id },
    },
  )
}

/** A commit that names a file which is absent or cut short would make the table unreadable. */
async function checkStored(store: Store, file: DataFile): Promise<void> {
  const sizeBytes = await store.settle(file.path)
  if (sizeBytes !== file.sizeBytes)
    throw new NacreError(
      'NACRE_INPUT',
      `File ${file.path} has ${sizeBytes} bytes, not ${file.sizeBytes} as the commit says. Write it again.`,
    )
}

function propertyUpdates(
  { properties }: TableMetadata,
  wanted: Readonly<Record<string, string>> = {},
): readonly MetadataUpdate[] {
  const isNew = Object.entries(wanted).some(([key, value]) => properties[key] !== value)
  return isNew ? [{ action: 'set-properties', updates: wanted }] : []
}

function describeCommitted({ name, metadata }: LoadedTable, plan: SnapshotPlan): CommittedTable {
  const { snapshotId, sequenceNumber, summary, committedAt } = describeSnapshot(plan.snapshot)
  const tableUuid = metadata['table-uuid']
  return {
    table: name,
    tableUuid,
    snapshotId,
    sequenceNumber,
    summary,
    partitions: plan.partitions,
    committedAt,
  }
}

function randomSnapshotId(): number {
  return Number(randomBytes(8).readBigUInt64BE() >> 11n) || 1
}
