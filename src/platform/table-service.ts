import { NacreError } from '../base/index.ts'
import type { JobInfo } from '../jobs/index.ts'
import { localPath, type Mount } from '../storage/index.ts'
import type {
  Catalog,
  ChangeOptions,
  IcebergCatalog,
  PartitionTuple,
  ReaderRegistration,
  RefInfo,
  ScanFile,
  SnapshotChoice,
  TableMetadata,
} from '../tables/index.ts'
import type { DeployedApp } from './app-registry.ts'
import { audienceOf, type TableAudience } from './table-audience.ts'
import { describeChanges, type TableChanges } from './table-changes.ts'
import {
  filePage,
  partitionPage,
  type FilePage,
  type PartitionOrder,
  type PartitionPage,
  type Slice,
} from './table-files.ts'
import { describeListing, type TableList, type TableListing } from './table-listing.ts'
import {
  expiryOptions,
  maintenanceState,
  planMaintenance,
  type MaintenancePlan,
  type MaintenanceState,
} from './table-maintenance.ts'
import { describeReaders, type RegisteredReader } from './table-readers.ts'
import { schemaHistory, type SchemaVersion } from './table-schema-history.ts'
import {
  outsideWriters,
  sizeTrend,
  snapshotPage,
  tableRefs,
  type SnapshotPage,
  type TrendPoint,
} from './table-snapshots.ts'
import { tableSnippets, type TableSnippet } from './table-snippets.ts'
import { partitionWords, sortWords } from './table-words.ts'

/** One table, as its overview shows it. */
export interface TableDetail {
  /** Its size is that of the data files when the snapshot's summary does not tell. */
  readonly table: TableListing
  /** Where this machine has its files; null when they lie elsewhere. */
  readonly localPath: string | null
  /** `by day of at`, outermost first. */
  readonly partitioning: readonly string[]
  readonly sortedBy: readonly string[]
  readonly writers: readonly string[]
  readonly readers: readonly string[]
  readonly outsideWriters: readonly { readonly name: string; readonly lastAt: string }[]
  readonly dashboards: TableAudience['dashboards']
  /** Services that go on from snapshot to snapshot; what they have yet to read does not expire. */
  readonly registered: readonly RegisteredReader[]
  readonly refs: readonly RefInfo[]
  readonly snapshotCount: number
  readonly trend: readonly TrendPoint[]
}

/** Tables as people see and steer them. All throw NACRE_NOT_FOUND naming the nearest table. */
export interface TableService {
  list(): Promise<TableList>
  detail(name: string): Promise<TableDetail>
  /** Newest first. */
  schemas(name: string): Promise<readonly SchemaVersion[]>
  snapshots(name: string, page: { before?: string | undefined; limit: number }): Promise<SnapshotPage>
  partitions(
    name: string,
    at: SnapshotChoice,
    page: Slice & { order: PartitionOrder },
  ): Promise<PartitionPage>
  files(
    name: string,
    at: SnapshotChoice,
    page: Slice & { partition?: PartitionTuple | undefined },
  ): Promise<FilePage>
  snippets(name: string, snapshotId: string | null): Promise<readonly TableSnippet[]>
  /** Whose it is: the team of the table, of the app that writes it, or of the nearest namespace around it; null: nobody's. */
  teamOf(name: string): Promise<string | null>
  /** Makes an earlier state the current one; snapshots made since stay until they expire. */
  rollBack(name: string, to: SnapshotChoice): Promise<void>
  /** Names a state. Throws NACRE_CONFLICT when the name is taken. */
  createTag(name: string, tag: string, at: SnapshotChoice): Promise<void>
  /** Throws NACRE_NOT_FOUND for a branch or tag that is not there. */
  dropRef(name: string, ref: string): Promise<void>
  /** What a reader must read to go on from a snapshot. Throws NACRE_NOT_FOUND when it must begin anew, NACRE_CONFLICT for changed rows. */
  changes(name: string, options: ChangeOptions): Promise<TableChanges>
  /** Registers a reader at a snapshot, or moves it there: from then on this and what follows does not expire. Throws NACRE_NOT_FOUND when it has. */
  registerReader(name: string, registration: ReaderRegistration): Promise<void>
  /** Ends a registration, so that it holds nothing any more. Throws NACRE_NOT_FOUND. */
  dropReader(name: string, reader: string): Promise<void>
  maintenance(name: string): Promise<MaintenanceState>
  /** Changes nothing; reads much. */
  planMaintenance(name: string): Promise<MaintenancePlan>
}

/** What Iceberg's writers aim at unless a table says otherwise. */
const defaultTargetBytes = 128 * 1024 ** 2

export function createTableService({
  catalog,
  mounts,
  apps,
  jobs,
  url,
}: {
  catalog: Catalog
  mounts: readonly Mount[]
  apps: () => readonly DeployedApp[]
  jobs: () => Promise<readonly JobInfo[]>
  /** Where others reach the platform, without `/` at its end. */
  url: () => string
}): TableService {
  const metadataOf = async (name: string): Promise<TableMetadata> =>
    (await catalog.iceberg.loadTable(name)).metadata
  const filesAt = keepLastScans(catalog)
  const audience = async (): Promise<(name: string) => TableAudience> => {
    const known = { apps: apps(), jobs: await jobs() }
    return (name) => audienceOf(name, known)
  }
  return {
    async list() {
      const [tables, broken, audienceOfTable] = await Promise.all([
        catalog.tables(),
        catalog.brokenTables(),
        audience(),
      ])
      return { tables: tables.map((table) => describeListing(table, audienceOfTable(table.name))), broken }
    },

    async detail(name) {
      const [table, metadata, audienceOfTable, registrations] = await Promise.all([
        catalog.table(name),
        metadataOf(name),
        audience(),
        catalog.readers(name),
      ])
      const { writers, readers, dashboards } = audienceOfTable(name)
      const order = metadata['sort-orders'].find(
        (candidate) => candidate['order-id'] === metadata['default-sort-order-id'],
      )
      const sizeBytes = table.sizeBytes ?? sizeOf(await filesAt(name, {}))
      return {
        table: describeListing({ ...table, sizeBytes }, audienceOfTable(name)),
        localPath: localPath(table.location, mounts),
        partitioning: partitionWords(table.spec, table.schema),
        sortedBy: sortWords(order, table.schema),
        writers,
        readers,
        outsideWriters: outsideWriters(metadata),
        dashboards,
        registered: describeReaders(metadata, registrations),
        refs: tableRefs(metadata),
        snapshotCount: metadata.snapshots.length,
        trend: sizeTrend(metadata),
      }
    },

    schemas: async (name) => schemaHistory(await metadataOf(name)),
    snapshots: async (name, page) => snapshotPage(await metadataOf(name), page),

    async partitions(name, at, page) {
      const [files, { properties }] = await Promise.all([filesAt(name, at), catalog.table(name)])
      return partitionPage(files, { ...page, targetBytes: targetBytesOf(properties) })
    },

    files: async (name, at, page) => filePage(await filesAt(name, at), page),

    async snippets(name, snapshotId) {
      await catalog.table(name)
      return tableSnippets(name, { url: url(), snapshotId })
    },

    async teamOf(name) {
      const { team } = describeListing(await catalog.table(name), (await audience())(name))
      return team ?? teamAround(catalog.iceberg, name)
    },

    async rollBack(name, to) {
      const { snapshotId, asOf } = to
      if ((snapshotId === undefined) === (asOf === undefined) || to.ref !== undefined)
        throw new NacreError('NACRE_INPUT', "Give either 'snapshotId' or 'asOf', the time to roll back to.")
      await catalog.refs.rollback(
        name,
        snapshotId === undefined ? { asOfMs: Date.parse(asOf!) } : { snapshotId },
      )
    },

    async createTag(name, tag, at) {
      const { snapshotId } = await catalog.planScan(name, at)
      await catalog.refs.create(name, {
        name: tag,
        type: 'tag',
        ...(snapshotId === null ? {} : { snapshotId }),
      })
    },

    async dropRef(name, ref) {
      const refs = tableRefs(await metadataOf(name))
      if (!refs.some((known) => known.name === ref))
        throw new NacreError(
          'NACRE_NOT_FOUND',
          `Table '${name}' has no branch or tag '${ref}'; it has ${refs.map((known) => known.name).join(', ') || 'none'}.`,
        )
      await catalog.refs.drop(name, ref)
    },

    changes: async (name, options) => describeChanges(await catalog.planChanges(name, options)),
    registerReader: (name, registration) => catalog.registerReader(name, registration),

    async dropReader(name, reader) {
      const known = (await catalog.readers(name)).map((registration) => registration.reader)
      if (!known.includes(reader))
        throw new NacreError(
          'NACRE_NOT_FOUND',
          `Table '${name}' has no registered reader '${reader}'; it has ${known.join(', ') || 'none'}.`,
        )
      await catalog.dropReader(name, reader)
    },

    maintenance: async (name) => maintenanceState(await metadataOf(name), await jobs()),

    async planMaintenance(name) {
      const { properties } = await catalog.table(name)
      return planMaintenance(catalog.maintenance, name, {
        targetBytes: targetBytesOf(properties),
        expiry: expiryOptions(properties),
      })
    },
  }
}

function sizeOf(files: readonly ScanFile[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

function targetBytesOf(properties: Readonly<Record<string, string>>): number {
  return Number(properties['write.target-file-size-bytes'] ?? defaultTargetBytes)
}

/** How many scans are kept: a page asks for partitions first, then for the files of some. */
const keptScans = 4

/** Files of states of tables. A snapshot never changes, so those asked for last are not planned again. */
function keepLastScans(catalog: Catalog): (name: string, at: SnapshotChoice) => Promise<readonly ScanFile[]> {
  const kept = new Map<string, readonly ScanFile[]>()
  return async (name, at) => {
    const { uuid, current } = await catalog.table(name)
    const isCurrent = Object.values(at).every((value) => value === undefined)
    const id = isCurrent ? current?.snapshotId : at.snapshotId
    const key = `${uuid} ${id}`
    const known = id === undefined ? undefined : kept.get(key)
    if (known !== undefined) return known
    const { files } = await catalog.planScan(name, at)
    if (id !== undefined) kept.set(key, files)
    for (const oldest of kept.keys()) if (kept.size > keptScans) kept.delete(oldest)
    return files
  }
}

async function teamAround(catalog: IcebergCatalog, table: string): Promise<string | null> {
  for (let levels = table.split('.').slice(0, -1); levels.length > 0; levels = levels.slice(0, -1)) {
    const team = (await catalog.loadNamespace(levels))['nacre.team']
    if (team !== undefined) return team
  }
  return null
}
