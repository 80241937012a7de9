import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncDirectory, toNacreError, uuidv7 } from '../../base/index.ts'
import { quoteIdentifier, quoteString, type Sql } from '../../sql/index.ts'
import { localPath, type StorageAccess } from '../../storage/index.ts'
import type { DataFile, WriteTarget } from '../../tables/index.ts'
import type { Duckdb } from './duckdb.ts'
import { readablePath } from './file-access.ts'
import { checkColumns, copyStatement } from './write-plan.ts'
import { checkValues, nullsInRequired, readWrittenFiles, type WrittenFile } from './written-files.ts'

/** Writes the rows of a query as durable Parquet files of the target. */
export async function writeFiles(
  duckdb: Duckdb,
  target: WriteTarget,
  select: Sql,
  options: Partial<StorageAccess> & { readonly signal?: AbortSignal } = {},
): Promise<readonly DataFile[]> {
  const { signal } = options
  const columns = (await duckdb.describe(select, signal)).map(({ name }) => name)
  checkColumns(target, columns)
  if (target.spec.fields.some(({ transform }) => transform.startsWith('bucket'))) await duckdb.knowBuckets()
  const write = async (folder: string, isFlat: boolean): Promise<WrittenFile[]> => {
    const rows = await duckdb.all(copyStatement(target, select, columns, { folder, isFlat }), signal)
    const files = readWrittenFiles(target, rows)
    checkValues(target, files)
    await checkNested(duckdb, target, files, signal)
    return files
  }
  const location = readablePath(target.dataLocation, options)
  const isLocal = localPath(target.dataLocation, options.mounts) !== null
  return isLocal ? writeLocally(location, target.dataLocation, write) : writeObjects(location, write)
}

type Write = (folder: string, isFlat: boolean) => Promise<WrittenFile[]>

/** An object appears whole or not at all, so each is put at its place. Those of a write that fails stay, named by no table. */
async function writeObjects(location: string, write: Write): Promise<DataFile[]> {
  return (await write(location, true)).map((file) => dataFile(file, file.path))
}

/** Files are written into a folder of their own, checked, synced and then moved to their place, so a write that fails leaves nothing behind. */
async function writeLocally(folder: string, location: string, write: Write): Promise<DataFile[]> {
  const staging = join(folder, `.staging-${uuidv7()}`)
  try {
    const firstMade = await mkdir(staging, { recursive: true })
    return await publish(folder, dirname(firstMade ?? staging), location, await write(staging, false))
  } catch (thrown) {
    throw toNacreError(thrown)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** Statistics count the nulls of leaves only, so required lists, maps and structs are looked at in the files. */
async function checkNested(
  duckdb: Duckdb,
  target: WriteTarget,
  files: readonly WrittenFile[],
  signal?: AbortSignal,
): Promise<void> {
  const nested = target.schema.fields.filter(({ required, type }) => required && typeof type !== 'string')
  if (nested.length === 0 || files.length === 0) return
  const counts = nested.map(
    ({ name }) => `count(*) FILTER (${quoteIdentifier(name)} IS NULL) AS ${quoteIdentifier(name)}`,
  )
  const paths = files.map(({ path }) => quoteString(path))
  const [row] = await duckdb.all(
    `SELECT ${counts.join(', ')} FROM read_parquet([${paths.join(', ')}], hive_partitioning = false)`,
    signal,
  )
  for (const [column, nulls] of Object.entries(row!))
    if (nulls !== 0) throw nullsInRequired(target.table, column, Number(nulls))
}

/** Moves files to their place. @param top The nearest folder at or above `folder` that was there before the write. */
async function publish(
  folder: string,
  top: string,
  location: string,
  files: readonly WrittenFile[],
): Promise<DataFile[]> {
  const moved: string[] = []
  try {
    await Promise.all(files.map(({ path }) => syncFile(path)))
    for (const { path, place } of files) {
      const destination = join(folder, place)
      await mkdir(dirname(destination), { recursive: true })
      await rename(path, destination)
      moved.push(destination)
    }
    // A commit may follow at once, so names must be as durable as contents.
    const folders = new Set(moved.flatMap((path) => foldersUpTo(top, dirname(path))))
    await Promise.all([...folders].map(syncDirectory))
  } catch (thrown) {
    await Promise.all(moved.map((path) => rm(path, { force: true })))
    throw thrown
  }
  return files.map((file) => dataFile(file, `${location}/${file.place}`))
}

function dataFile({ rowCount, sizeBytes, partition, stats }: WrittenFile, path: string): DataFile {
  return { path, rowCount, sizeBytes, partition, stats }
}

function foldersUpTo(top: string, folder: string): string[] {
  return folder === top ? [top] : [folder, ...foldersUpTo(top, dirname(folder))]
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
