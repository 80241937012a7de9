import type { Migration, Queryable } from '../database/index.ts'
import { columnFacts, type ColumnFacts } from './column-facts.ts'
import type { PartitionTuple } from './data-file.ts'
import type { LiveFile } from './live-files.ts'
import { entryStatus, type Manifest } from './manifest.ts'
import { tupleKey } from './partition-tuples.ts'
import { SizedCache } from './sized-cache.ts'
import type { LongId } from './table-metadata.ts'

/**
 * The content of large manifests, in the database. Manifests never change, so neither does what is stored of one. Its files lie
 * in slices, each of one partition: a scan that needs a day reads that day's slices only.
 */
export const fileIndexMigration: Migration = {
  name: 'tables-0003-file-index',
  sql: `create table manifest_slice (
    manifest_path text not null,
    slice integer not null,
    files text not null,
    facts text not null,
    primary key (manifest_path, slice)
  );
  create table manifest_index (
    manifest_path text primary key,
    schema_id integer not null,
    partitions text not null
  )`,
}

const filesPerSlice = 256
const slicesPerStatement = 64

/** What is known of an indexed manifest without its files. */
interface IndexedManifest {
  readonly schemaId: number
  /** The partition of each slice. */
  readonly partitions: readonly PartitionTuple[]
}

type StoredFile = readonly [
  path: string,
  rowCount: number,
  sizeBytes: number,
  sequenceNumber: number | string,
]
type StoredFacts = Readonly<
  Record<
    string,
    readonly [lower: string | null, upper: string | null, values?: number, nulls?: number, nans?: number]
  >
>

/** A manifest that is to be read through the index. */
export interface WantedManifest {
  readonly path: string
  readonly load: () => Promise<Manifest>
  /** Whether files of a partition are needed. */
  readonly wants: (partition: PartitionTuple) => boolean
}

/** Reads manifests through the database. */
export class FileIndex {
  readonly #database: Queryable
  /** Partitions of indexed manifests, by path. */
  readonly #known = new SizedCache(16 * 1024 * 1024)
  readonly #indexing = new Map<string, Promise<IndexedManifest>>()

  constructor(database: Queryable) {
    this.#database = database
  }

  /** Live files of the wanted partitions, manifest by manifest. Manifests read for the first time are indexed. */
  async read(
    manifests: readonly WantedManifest[],
    options: { readonly withFacts: boolean },
  ): Promise<ReadonlyMap<string, readonly LiveFile[]>> {
    const known = await this.#recall(manifests.map(({ path }) => path))
    const wanted: { path: string; slice: number; partition: PartitionTuple; schemaId: number }[] = []
    for (const manifest of manifests) {
      const { schemaId, partitions } = known.get(manifest.path) ?? (await this.#indexed(manifest))
      for (const [slice, partition] of partitions.entries())
        if (manifest.wants(partition)) wanted.push({ path: manifest.path, slice, partition, schemaId })
    }
    if (wanted.length === 0) return new Map(manifests.map(({ path }) => [path, []]))
    const rows = await this.#database.query<{ position: number; files: string; facts: string | null }>(
      `select wanted.position, files, ${options.withFacts ? 'facts' : 'null as facts'}
       from unnest($1::text[], $2::int[], $3::int[]) as wanted(path, slice, position)
       join manifest_slice on manifest_path = wanted.path and manifest_slice.slice = wanted.slice
       order by wanted.position`,
      [
        wanted.map(({ path }) => path),
        wanted.map(({ slice }) => slice),
        wanted.map((_, position) => position),
      ],
    )
    const files = new Map<string, LiveFile[]>(manifests.map(({ path }) => [path, []]))
    for (const { position, files: stored, facts } of rows) {
      const { path, partition, schemaId } = wanted[position]!
      const factsOfFiles = facts === null ? undefined : (JSON.parse(facts) as readonly StoredFacts[])
      for (const [index, file] of (JSON.parse(stored) as readonly StoredFile[]).entries())
        files.get(path)!.push(readFile(file, { partition, schemaId }, factsOfFiles?.[index]))
    }
    return files
  }

  /** What is known of those manifests that are indexed. */
  async #recall(paths: readonly string[]): Promise<ReadonlyMap<string, IndexedManifest>> {
    const found = new Map<string, IndexedManifest>()
    for (const path of paths) {
      const known = this.#known.get(path)
      if (known !== undefined) found.set(path, known as IndexedManifest)
    }
    const unknown = paths.filter((path) => !found.has(path))
    if (unknown.length === 0) return found
    const rows = await this.#database.query<{ path: string; schema_id: number; partitions: string }>(
      'select manifest_path as path, schema_id, partitions from manifest_index where manifest_path = any($1::text[])',
      [unknown],
    )
    for (const { path, schema_id: schemaId, partitions } of rows) {
      const indexed = { schemaId, partitions: JSON.parse(partitions) as PartitionTuple[] }
      this.#known.keep(path, indexed, partitions.length)
      found.set(path, indexed)
    }
    return found
  }

  /** Indexes a manifest; once, however many ask for it. */
  #indexed({ path, load }: WantedManifest): Promise<IndexedManifest> {
    const running = this.#indexing.get(path)
    if (running) return running
    const started = load()
      .then((manifest) => this.#store(path, manifest))
      .finally(() => this.#indexing.delete(path))
    this.#indexing.set(path, started)
    return started
  }

  /** The manifest's own row comes last: without it the slices do not count. */
  async #store(path: string, manifest: Manifest): Promise<IndexedManifest> {
    const slices = slicesOf(manifest)
    for (let first = 0; first < slices.length; first += slicesPerStatement) {
      const batch = slices.slice(first, first + slicesPerStatement)
      await this.#database.query(
        `insert into manifest_slice (manifest_path, slice, files, facts)
         select $1, * from unnest($2::int[], $3::text[], $4::text[])
         on conflict (manifest_path, slice) do nothing`,
        [
          path,
          batch.map((_, index) => first + index),
          batch.map(({ files }) => files),
          batch.map(({ facts }) => facts),
        ],
      )
    }
    const indexed = {
      schemaId: manifest.schema['schema-id'],
      partitions: slices.map(({ partition }) => partition),
    }
    const partitions = JSON.stringify(indexed.partitions)
    await this.#database.query(
      `insert into manifest_index (manifest_path, schema_id, partitions) values ($1, $2, $3)
       on conflict (manifest_path) do nothing`,
      [path, indexed.schemaId, partitions],
    )
    this.#known.keep(path, indexed, partitions.length)
    return indexed
  }
}

/** Removes what is stored of manifests that no snapshot names any more. */
export async function forgetManifests(database: Queryable, paths: readonly string[]): Promise<void> {
  await database.query('delete from manifest_index where manifest_path = any($1::text[])', [paths])
  await database.query('delete from manifest_slice where manifest_path = any($1::text[])', [paths])
}

function slicesOf({ entries }: Manifest): { partition: PartitionTuple; files: string; facts: string }[] {
  const live = entries.filter(({ status }) => status !== entryStatus.deleted)
  const byPartition = Map.groupBy(live, ({ data_file: file }) => tupleKey(file.partition))
  return [...byPartition.values()].flatMap((group) => {
    const slices = []
    for (let first = 0; first < group.length; first += filesPerSlice) {
      const slice = group.slice(first, first + filesPerSlice)
      const files = slice.map(({ data_file: file, sequence_number: sequence }): StoredFile => [
        file.file_path,
        Number(file.record_count),
        Number(file.file_size_in_bytes),
        typeof sequence === 'bigint' ? String(sequence) : sequence,
      ])
      slices.push({
        partition: slice[0]!.data_file.partition,
        files: JSON.stringify(files),
        facts: JSON.stringify(slice.map(({ data_file: file }) => storedFacts(columnFacts(file)))),
      })
    }
    return slices
  })
}

function storedFacts(facts: ReadonlyMap<number, ColumnFacts>): StoredFacts {
  const text = (bytes: Uint8Array | undefined): string | null =>
    bytes === undefined ? null : Buffer.from(bytes).toString('base64')
  return Object.fromEntries(
    [...facts].map(([id, { lower, upper, values, nulls, nans }]) => [
      id,
      [text(lower), text(upper), values, nulls, nans] as StoredFacts[string],
    ]),
  )
}

function readFile(
  [path, rowCount, sizeBytes, sequence]: StoredFile,
  slice: { readonly partition: PartitionTuple; readonly schemaId: number },
  facts: StoredFacts = {},
): LiveFile {
  return {
    path,
    rowCount,
    sizeBytes,
    ...slice,
    sequenceNumber: readLong(sequence),
    factsOf(fieldId) {
      const stored = facts[fieldId]
      if (stored === undefined) return undefined
      const [lower, upper, values, nulls, nans] = stored
      // JSON has null where there was nothing.
      return {
        lower: bytesOf(lower),
        upper: bytesOf(upper),
        values: values ?? undefined,
        nulls: nulls ?? undefined,
        nans: nans ?? undefined,
      }
    },
  }
}

function readLong(stored: number | string): LongId {
  return typeof stored === 'string' ? BigInt(stored) : stored
}

function bytesOf(text: string | null): Buffer | undefined {
  return text === null ? undefined : Buffer.from(text, 'base64')
}
