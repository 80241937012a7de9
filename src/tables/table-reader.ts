import { NacreError, toNacreError } from '../base/index.ts'
import type { Queryable } from '../database/index.ts'
import type { Store } from '../storage/index.ts'
import type { BrokenTable } from './catalog.ts'
import { selectRow, selectRows, type CatalogRow } from './catalog-rows.ts'
import type { LoadedTable } from './commit-tables.ts'
import { DecodedFiles } from './decoded-files.ts'
import { decodeManifest, type Manifest } from './manifest.ts'
import { decodeManifestList, type ManifestListEntry } from './manifest-list.ts'
import { mapConcurrently } from './map-concurrently.ts'
import { nearestName } from './nearest-name.ts'
import { parseMetadata } from './parse-metadata.ts'
import { currentSnapshot, type Snapshot } from './table-metadata.ts'

/** Reads tables: which there are from the database, what they hold from their metadata files, each file once. */
export class TableReader {
  readonly decoded: DecodedFiles
  readonly #database: Queryable

  constructor(database: Queryable, store: Store) {
    this.#database = database
    this.decoded = new DecodedFiles(store)
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
  snapshot({ name, metadata }: LoadedTable, id: string | undefined): Snapshot | null {
    if (id === undefined) return currentSnapshot(metadata)
    const snapshot = metadata.snapshots.find((candidate) => String(candidate['snapshot-id']) === id)
    if (snapshot) return snapshot
    throw new NacreError(
      'NACRE_NOT_FOUND',
      `Table '${name}' has no snapshot ${id}; it never had it or it has expired.`,
      { details: { table: name, snapshotId: id } },
    )
  }

  /** The manifests of a snapshot. Throws NACRE_INPUT when there are delete files among them. */
  async manifests(table: LoadedTable, snapshot: Snapshot | null): Promise<readonly ManifestListEntry[]> {
    if (snapshot === null) return []
    const list = await this.decoded.read(snapshot['manifest-list'], decodeManifestList)
    if (list.every(({ content }) => content === 0)) return list
    throw new NacreError(
      'NACRE_INPUT',
      `Table '${table.name}' has delete files, which another engine wrote in merge-on-read mode. Compact it there; only copy-on-write tables are read and changed.`,
    )
  }

  manifest(listed: ManifestListEntry): Promise<Manifest> {
    return this.decoded.read(listed.manifest_path, (data) =>
      decodeManifest(data, { snapshotId: listed.added_snapshot_id, sequenceNumber: listed.sequence_number }),
    )
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
