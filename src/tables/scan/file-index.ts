import type { Migration, Queryable } from '../../database/index.ts'
import { columnFacts, type ColumnFacts } from './column-facts.ts'
import { commonFacts } from './common-facts.ts'
import type { PartitionTuple } from '../manifests/data-file.ts'
import type { LiveFile } from './live-files.ts'
import { entryStatus, type Manifest, type ManifestEntry } from '../manifests/manifest.ts'
import { tupleKey } from '../manifests/partition-tuples.ts'
import type { SpecSelection } from './scan-selection.ts'
import { SizedCache } from '../manifests/sized-cache.ts'

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
    facts jsonb not null,
    primary key (manifest_path, slice)
  );
  create table manifest_index (
    manifest_path text primary key,
    schema_id integer not null,
    partitions text not null,
    facts text not null
  )`,
}

const filesPerSlice = 256
const slicesPerStatement = 64

/** What is known of an indexed manifest without its files. */
interface IndexedManifest {
  readonly schemaId: number
  /** The partition of each slice, as text. */
  readonly partitions: readonly string[]
  /** Of all its files together. */
  readonly facts: StoredFacts
}

type StoredFile = readonly [
  path: string,
  rowCount: number,
  sizeBytes: number,
  sequenceNumber: number | string,
]
type StoredColumn = readonly [
  lower: string | null,
  upper: string | null,
  values?: number | null,
  nulls?: number | null,
  nans?: number | null,
]
type StoredFacts = Readonly<Record<string, StoredColumn>>
/** Of the columns that were asked for: file by file. */
type SliceFacts = Readonly<Record<string, readonly (StoredColumn | null)[] | null>>

/** A manifest that is to be read through the index. */
export interface WantedManifest {
  readonly path: string
  readonly load: () => Promise<Manifest>
  readonly selection: Pick<SpecSelection, 'shareOf' | 'mayHoldRows' | 'columns'>
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

  /** Live files, at least those that are selected, by manifest. Manifests read for the first time are indexed. */
  async read(manifests: readonly WantedManifest[]): Promise<ReadonlyMap<string, readonly LiveFile[]>> {
    const known = await this.#recall(manifests.map(({ path }) => path))
    const slices: WantedSlice[] = []
    for (const manifest of manifests)
      slices.push(...wantedSlices(manifest, known.get(manifest.path) ?? (await this.#indexed(manifest))))
    const files = new Map<string, LiveFile[]>(manifests.map(({ path }) => [path, []]))
    const columns = new Set(manifests.flatMap(({ selection }) => selection.columns))
    for (const { place, files: stored, facts } of await this.#slices(slices, [...columns])) {
      const { path, partition, schemaId } = slices[place]!
      for (const [index, file] of (JSON.parse(stored) as readonly StoredFile[]).entries())
        files
          .get(path)!
          .push(readFile(file, { partition, schemaId }, (id) => facts?.[id]?.[index] ?? undefined))
    }
    return files
  }

  #slices(slices: readonly WantedSlice[], columns: readonly number[]): Promise<readonly SliceRow[]> {
    if (slices.length === 0) return Promise.resolve([])
    const facts = columns.map((id) => `'${id}', facts -> '${id}'`).join(', ')
    return this.#database.query<SliceRow>(
      `select place, files, ${columns.length === 0 ? 'null' : `jsonb_build_object(${facts})`} as facts
       from unnest($1::text[], $2::int[], $3::int[]) as wanted(path, number, place)
       join manifest_slice on manifest_path = path and slice = number
       order by place`,
      [slices.map(({ path }) => path), slices.map(({ slice }) => slice), slices.map((_, place) => place)],
    )
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
    const rows = await this.#database.query<{
      path: string
      schema_id: number
      partitions: string
      facts: string
    }>(
      'select manifest_path as path, schema_id, partitions, facts from manifest_index where manifest_path = any($1::text[])',
      [unknown],
    )
    for (const { path, schema_id: schemaId, partitions, facts } of rows) {
      const indexed = {
        schemaId,
        partitions: JSON.parse(partitions) as string[],
        facts: JSON.parse(facts) as StoredFacts,
      }
      this.#known.keep(path, indexed, partitions.length + facts.length)
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
         select $1, * from unnest($2::int[], $3::text[], $4::jsonb[])
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
      facts: storedFacts(commonFacts(manifest.schema, liveEntries(manifest))),
    }
    const [partitions, facts] = [JSON.stringify(indexed.partitions), JSON.stringify(indexed.facts)]
    await this.#database.query(
      `insert into manifest_index (manifest_path, schema_id, partitions, facts) values ($1, $2, $3, $4)
       on conflict (manifest_path) do nothing`,
      [path, indexed.schemaId, partitions, facts],
    )
    this.#known.keep(path, indexed, partitions.length + facts.length)
    return indexed
  }
}

interface WantedSlice {
  readonly path: string
  readonly slice: number
  readonly partition: PartitionTuple
  readonly schemaId: number
}

interface SliceRow {
  readonly place: number
  readonly files: string
  readonly facts: SliceFacts | null
}

/** The slices of a manifest that may hold a selected file. A partition that several manifests have is looked at once for each. */
function wantedSlices({ path, selection }: WantedManifest, indexed: IndexedManifest): readonly WantedSlice[] {
  if (!selection.mayHoldRows((id) => readFacts(indexed.facts[id]))) return []
  const wanted = new Map<string, PartitionTuple | undefined>()
  return indexed.partitions.flatMap((text, slice) => {
    if (!wanted.has(text)) {
      const tuple = JSON.parse(text) as PartitionTuple
      wanted.set(text, selection.shareOf(tuple) === 'none' ? undefined : tuple)
    }
    const partition = wanted.get(text)
    return partition ? { path, slice, partition, schemaId: indexed.schemaId } : []
  })
}

/** Removes what is stored of manifests that no snapshot names any more. */
export async function forgetManifests(database: Queryable, paths: readonly string[]): Promise<void> {
  await database.query('delete from manifest_index where manifest_path = any($1::text[])', [paths])
  await database.query('delete from manifest_slice where manifest_path = any($1::text[])', [paths])
}

function slicesOf(manifest: Manifest): { partition: string; files: string; facts: string }[] {
  const byPartition = Map.groupBy(liveEntries(manifest), ({ data_file: file }) => tupleKey(file.partition))
  return [...byPartition].flatMap(([partition, group]) => {
    const slices = []
    for (let first = 0; first < group.length; first += filesPerSlice) {
      const slice = group.slice(first, first + filesPerSlice)
      const files = slice.map(({ data_file: file, sequence_number: sequence }): StoredFile => [
        file.file_path,
        Number(file.record_count),
        Number(file.file_size_in_bytes),
        typeof sequence === 'bigint' ? String(sequence) : sequence,
      ])
      const facts = slice.map(({ data_file: file }) => storedFacts(columnFacts(file)))
      const ids = [...new Set(facts.flatMap((one) => Object.keys(one)))]
      const byColumn: SliceFacts = Object.fromEntries(
        ids.map((id) => [id, facts.map((one) => one[id] ?? null)]),
      )
      slices.push({ partition, files: JSON.stringify(files), facts: JSON.stringify(byColumn) })
    }
    return slices
  })
}

function liveEntries({ entries }: Manifest): ManifestEntry[] {
  return entries.filter(({ status }) => status !== entryStatus.deleted)
}

function storedFacts(facts: ReadonlyMap<number, ColumnFacts>): StoredFacts {
  const text = (bytes: Uint8Array | undefined): string | null =>
    bytes === undefined ? null : Buffer.from(bytes).toString('base64')
  return Object.fromEntries(
    [...facts].map(([id, { lower, upper, values, nulls, nans }]) => [
      id,
      [text(lower), text(upper), values, nulls, nans] as StoredColumn,
    ]),
  )
}

function readFacts(stored: StoredColumn | undefined): ColumnFacts | undefined {
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
}

function readFile(
  [path, rowCount, sizeBytes, sequence]: StoredFile,
  slice: { readonly partition: PartitionTuple; readonly schemaId: number },
  storedOf: (fieldId: number) => StoredColumn | undefined,
): LiveFile {
  const sequenceNumber = typeof sequence === 'string' ? BigInt(sequence) : sequence
  return { path, rowCount, sizeBytes, ...slice, sequenceNumber, factsOf: (id) => readFacts(storedOf(id)) }
}

function bytesOf(text: string | null): Buffer | undefined {
  return text === null ? undefined : Buffer.from(text, 'base64')
}
