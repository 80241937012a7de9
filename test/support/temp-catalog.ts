import type { Database } from '../../src/database/index.ts'
import { fileUriOfPath, openFileStore, type Store } from '../../src/storage/index.ts'
import {
  openCatalog,
  type Catalog,
  type CatalogEffects,
  type CommitHook,
  type DataFile,
  type PartitionTuple,
  type TableDefinition,
  type TableSpec,
} from '../../src/tables/index.ts'
import { tempFolder } from './temp-folder.ts'

/** A catalog on a database, with a warehouse of its own that is gone when disposed. */
export interface TempCatalog extends AsyncDisposable {
  readonly catalog: Catalog
  readonly store: Store
  readonly warehouse: string
}

export function tempCatalog(
  database: Database,
  options: { onCommit?: CommitHook; store?: (store: Store) => Store } & CatalogEffects = {},
): TempCatalog {
  const folder = tempFolder()
  const warehouse = fileUriOfPath(folder.path)
  const store = options.store?.(openFileStore(warehouse)) ?? openFileStore(warehouse)
  const { onCommit, store: _, ...effects } = options
  const catalog = openCatalog({ database, store, warehouse, ...(onCommit ? { onCommit } : {}) }, effects)
  return { catalog, store, warehouse, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

/** A table's definition. */
export function define(name: string, spec: TableSpec): TableDefinition {
  return { kind: 'table-ref', name, spec }
}

let fileCount = 0

/** A data file for tests that look at metadata only: it exists, but holds no Parquet. */
export async function fakeFile(
  store: Store,
  dataLocation: string,
  partition: PartitionTuple = {},
  options: { rows?: number; stats?: DataFile['stats'] } = {},
): Promise<DataFile> {
  const path = `${dataLocation}/fake-${process.pid}-${fileCount++}.parquet`
  await store.writeIfAbsent(path, Buffer.from('fake'))
  return { path, rowCount: options.rows ?? 1, sizeBytes: 4, partition, stats: options.stats ?? {} }
}
