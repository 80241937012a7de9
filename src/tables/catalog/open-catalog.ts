import { randomBytes } from 'node:crypto'
import { silentLog, systemClock, type Clock, type Log } from '../../base/index.ts'
import type { Database } from '../../database/index.ts'
import type { Store } from '../../storage/index.ts'
import type { Catalog, CommitHook, SchemaChangeHook } from './catalog.ts'
import { commitChanges } from '../commit/commit-changes.ts'
import { commitTables, retryLostRaces } from '../commit/commit-tables.ts'
import { CommitTurns } from '../commit/commit-turns.ts'
import { describeSnapshot, describeTable } from './describe-table.ts'
import { openMaintenance } from '../maintenance/open-maintenance.ts'
import { openIcebergCatalog } from './open-iceberg-catalog.ts'
import { planCreation, planEvolution } from '../definition/plan-definition.ts'
import { planChanges } from '../scan/plan-changes.ts'
import { planScan } from '../scan/plan-scan.ts'
import { dropReader, findReaders, registerReader } from '../scan/reader-registrations.ts'
import { newLocation } from './table-places.ts'
import { TableReader } from './table-reader.ts'
import { openTableRefs } from './table-refs.ts'
import { writeTarget } from '../scan/write-target.ts'

/** Where a catalog keeps its state and its files. */
export interface CatalogOptions {
  /** With {@link migrations} applied. */
  readonly database: Database
  readonly store: Store
  /** URI of the folder that tables are made in, such as `file:///var/lib/nacre/warehouse`, without `/` at its end. */
  readonly warehouse: string
  /** Called inside every commit's transaction. */
  readonly onCommit?: CommitHook
  /** Called before a commit that changes a table's schema; throwing refuses it. */
  readonly onSchemaChange?: SchemaChangeHook
  /** Told the names of the tables of each commit once it is done. */
  readonly onCommitted?: (tables: readonly string[]) => void
}

/** What a catalog touches beside its database and store. */
export interface CatalogEffects {
  readonly clock?: Clock
  readonly log?: Log
  readonly random?: () => number
  /** A snapshot id: positive, unique, below 2^53 so that every JSON reader keeps it. */
  readonly newSnapshotId?: () => number
}

/** Opens the Iceberg catalog. It holds nothing that must be closed; several may work on one database and store at once. */
export function openCatalog(options: CatalogOptions, effects: CatalogEffects = {}): Catalog {
  const { database, store, warehouse, onCommit, onSchemaChange, onCommitted } = options
  const {
    clock = systemClock,
    log = silentLog,
    random = Math.random,
    newSnapshotId = randomSnapshotId,
  } = effects
  const tables = new TableReader(database, store)
  const world = {
    database,
    store,
    warehouse,
    tables,
    turns: new CommitTurns(database, clock),
    clock,
    log,
    random,
    onCommit,
    onSchemaChange,
    onCommitted,
    newSnapshotId,
  }
  return {
    iceberg: openIcebergCatalog(world),
    refs: openTableRefs(world),
    maintenance: openMaintenance(world),

    ensureTable: (definition) =>
      retryLostRaces(world, [definition.name], async () => {
        const present = await tables.find(definition.name)
        const updates = present ? planEvolution(definition, present.metadata) : planCreation(definition)
        if (present && updates.length === 0) return describeTable(present)
        const base = present ?? {
          name: definition.name,
          location: await newLocation(store, warehouse, definition.name),
        }
        const made = await commitTables(world, [{ base, requirements: [], updates, files: [] }])
        return made && describeTable(made[0]!)
      }),

    table: async (name) => describeTable(await tables.get(name)),

    tables: async () => (await tables.all()).loaded.map(describeTable),

    brokenTables: async () => (await tables.all()).broken,

    async snapshots(name, { limit } = {}) {
      const { metadata } = await tables.get(name)
      return metadata.snapshots.toReversed().slice(0, limit).map(describeSnapshot)
    },

    planChanges: async (name, change) => planChanges(tables, await tables.get(name), change),

    registerReader: (name, registration) => registerReader(world, name, registration),

    readers: async (name) => findReaders(database, (await tables.get(name)).metadata['table-uuid']),

    dropReader: async (name, reader) =>
      dropReader(database, (await tables.get(name)).metadata['table-uuid'], reader),

    planScan: async (name, scan) => planScan(tables, await tables.get(name), scan),

    planWrite: async (name) => writeTarget(await tables.get(name)),

    commit: (changes, commitOptions = {}) => commitChanges(world, changes, commitOptions),
  }
}

function randomSnapshotId(): number {
  return Number(randomBytes(8).readBigUInt64BE() >> 11n) || 1
}
