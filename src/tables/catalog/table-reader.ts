import { NacreError, toNacreError } from '../../base/index.ts'
import type { Queryable } from '../../database/index.ts'
import type { Store } from '../../storage/index.ts'
import type { BrokenTable } from './catalog.ts'
import { selectRow, selectRows, type CatalogRow } from './catalog-rows.ts'
import type { LoadedTable } from '../commit/commit-tables.ts'
import { DecodedFiles } from '../manifests/decoded-files.ts'
import { FileIndex } from '../scan/file-index.ts'
import { liveFiles, type LiveFile } from '../scan/live-files.ts'
import { decodeManifest, type Manifest } from '../manifests/manifest.ts'
import { snapshotById } from '../metadata/choose-snapshot.ts'
import {
  countEntries,
  decodeManifestList,
  isCounted,
  type ManifestListEntry,
} from '../manifests/manifest-list.ts'
import { mapConcurrently } from '../commit/map-concurrently.ts'
import { nearestName } from './nearest-name.ts'
import { parseMetadata } from '../metadata/parse-metadata.ts'
import type { SpecSelection } from '../scan/scan-selection.ts'
import { currentSnapshot, type Snapshot } from '../metadata/table-metadata.ts'

/** Manifests of fewer live files are decoded anew faster than the database gives them. */
const indexedFrom = 128

/** Reads tables: which there are from the database, what they hold from their metadata files, each file once. */
export class TableReader {
  readonly decoded: DecodedFiles
  readonly #database: Queryable
  readonly #index: FileIndex

  constructor(database: Queryable, store: Store) {
    this.#database = database
    this.decoded = new DecodedFiles(store)
    this.#index = new FileIndex(database)
  }

  async find(name: string): Promise<LoadedTable | undefined> {
    const row = await selectRow(this.#database, name)
    return row && this.load(row)
  }

  /** Throws NACRE_NOT_FOUND naming the nearest table. */
  async get(name: string): Promise<LoadedTable> {
    const table = await this.find(name)
    if (table) return table
    const names = (await selectRows(this.#database)).map((row) => row.name)
    const nearest = nearestName(name, names)
    const hint = nearest === undefined ? '' : ` Did you mean '${nearest}'?`
    throw new NacreError('NACRE_NOT_FOUND', `Table '${name}' does not exist.${hint}`, {
      details: { table: name },
    })
  }

  /** Every table that can be read, and what is wrong with those that cannot. */
  async all(): Promise<{ readonly loaded: readonly LoadedTable[]; readonly broken: readonly BrokenTable[] }> {
    const tables = await mapConcurrently(await selectRows(this.#database), (row) =>
      this.load(row).catch((error: unknown): BrokenTable => {
        const { code, message } = toNacreError(error)
        if (code !== 'NACRE_CORRUPT' && code !== 'NACRE_INPUT') throw error
        return { name: row.name, metadataLocation: row.metadata_location, problem: message }
      }),
    )
    return {
      loaded: tables.filter((table) => 'metadata' in table),
      broken: tables.filter((table) => 'problem' in table),
    }
  }

  /** The snapshot of an id, by default the current one. Throws NACRE_NOT_FOUND. */
  snapshot(table: LoadedTable, id: string | undefined): Snapshot | null {
    return id === undefined ? currentSnapshot(table.metadata) : snapshotById(table, id)
  }

  /** The manifests of a snapshot, those of deletes (`content` 1) among them. Throws NACRE_CORRUPT naming the file when it cannot be read. */
  async manifests(table: LoadedTable, snapshot: Snapshot | null): Promise<readonly ManifestListEntry[]> {
    if (snapshot === null) return []
    const uri = snapshot['manifest-list']
    const list = await this.decoded.read(uri, decodeManifestList).catch(explain(uri, table.name))
    return mapConcurrently(list, async (listed) =>
      isCounted(listed)
        ? listed
        : { ...listed, ...countEntries((await this.manifest(listed, table.name)).entries) },
    )
  }

  /** A manifest's content. Throws NACRE_CORRUPT naming the file when it cannot be read. */
  manifest(
    listed: ManifestListEntry,
    table?: string,
    options: { readonly isPassing?: boolean } = {},
  ): Promise<Manifest> {
    const uri = listed.manifest_path
    const inherited = { snapshotId: listed.added_snapshot_id, sequenceNumber: listed.sequence_number }
    return this.decoded
      .read(uri, (data) => decodeManifest(data, inherited), options)
      .catch(explain(uri, table))
  }

  /** The live files of manifests, at least those of the selected partitions: of large manifests through the index. */
  async liveFiles(
    { name }: LoadedTable,
    list: readonly ManifestListEntry[],
    selectionOf: (specId: number) => SpecSelection,
  ): Promise<(listed: ManifestListEntry) => readonly LiveFile[]> {
    const isLarge = (listed: ManifestListEntry): boolean =>
      listed.added_files_count + listed.existing_files_count >= indexedFrom
    const indexed = await this.#index.read(
      list.filter(isLarge).map((listed) => ({
        path: listed.manifest_path,
        load: () => this.manifest(listed, name, { isPassing: true }),
        selection: selectionOf(listed.partition_spec_id),
      })),
    )
    const small = list.filter((listed) => !isLarge(listed))
    const decoded = await mapConcurrently(
      small,
      async (listed) => [listed.manifest_path, liveFiles(await this.manifest(listed, name))] as const,
    )
    const files = new Map([...indexed, ...decoded])
    return (listed) => files.get(listed.manifest_path)!
  }

  /** Throws NACRE_CORRUPT naming the metadata file when it is missing or damaged. */
  async load({ name, metadata_location: uri }: CatalogRow): Promise<LoadedTable> {
    const metadata = await this.decoded
      .read(uri, (data) => parseMetadata(data, uri))
      .catch((error: unknown) => {
        if (!(error instanceof NacreError) || error.code !== 'NACRE_NOT_FOUND') throw error
        throw new NacreError(
          'NACRE_CORRUPT',
          `Table '${name}' cannot be read: its metadata file ${uri} is missing. Restore the file, or drop the table.`,
          { details: { table: name, file: uri }, cause: error },
        )
      })
    return { name, metadataLocation: uri, metadata }
  }
}

/** Says which table a file that is missing or damaged belongs to, and what can be done. */
function explain(uri: string, table = 'A table'): (error: unknown) => never {
  return (cause) => {
    const isGone = cause instanceof NacreError && cause.code === 'NACRE_NOT_FOUND'
    const isDamaged =
      cause instanceof NacreError && (cause.code === 'NACRE_CORRUPT' || cause.code === 'NACRE_INPUT')
    // A store that does not answer is no damaged file.
    if (!isGone && !isDamaged) throw cause
    const reason = isGone ? 'is missing' : `is damaged (${cause.message})`
    throw new NacreError(
      'NACRE_CORRUPT',
      `${table === 'A table' ? table : `Table '${table}'`} cannot be read: its metadata file ${uri} ${reason}. Restore that file from a backup, or roll the table back to a snapshot that does not need it.`,
      { details: { table, file: uri }, cause },
    )
  }
}
