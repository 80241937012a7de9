import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate, openDatabase } from '../src/database/index.ts'
import { fileUriOfPath, openFileStore } from '../src/storage/index.ts'
import { dayOf, migrations, openCatalog, type Catalog, type DataFile } from '../src/tables/index.ts'

// How long does a commit take: an append and an overwrite of one day, on a table of 1 file and of 1,000?

const rounds = 60
const folder = mkdtempSync(join(tmpdir(), 'nacre-bench-'))
const warehouse = fileUriOfPath(folder)
await using database = await openDatabase({ folder: join(folder, 'database') })
await migrate(database, migrations)
const store = openFileStore(warehouse)
const catalog = openCatalog({ database, store, warehouse })
const columns = Object.fromEntries(Array.from({ length: 18 }, (_, index) => [`c${index}`, 'long' as const]))
const stats = Object.fromEntries(
  Array.from({ length: 20 }, (_, index) => [
    index + 1,
    { sizeBytes: 1000, valueCount: 100, nullCount: 0, ...(index < 2 ? {} : { min: '1', max: '1000000' }) },
  ]),
)

const results = []
for (const files of [1, 1000]) {
  for (const kind of ['append', 'overwrite-partitions'] as const) {
    const name = `bench.${kind === 'append' ? 'append' : 'overwrite'}_${files}`
    await catalog.ensureTable({
      kind: 'table-ref',
      name,
      spec: { columns: { at: 'timestamptz', reader: 'string', ...columns }, partitionBy: [dayOf('at')] },
    })
    const { dataLocation } = await catalog.planWrite(name)
    const days = files === 1 ? 1 : 100
    const first = Array.from({ length: files }, (_, index) => dataFile(dataLocation, dayText(index % days)))
    await catalog.commit([{ kind: 'append', table: name, files: await Promise.all(first) }])
    const times: number[] = []
    for (let round = 0; round < rounds; round++) {
      const partition = dayText(round % days)
      const file = await dataFile(dataLocation, partition)
      const start = performance.now()
      await commit(catalog, kind, name, partition, file)
      times.push(performance.now() - start)
    }
    times.sort((one, other) => one - other)
    const at = (share: number): number => Number(times[Math.floor(rounds * share)]!.toFixed(1))
    results.push({ change: kind, filesBefore: files, commits: rounds, p50Ms: at(0.5), p95Ms: at(0.95) })
  }
}
console.log(JSON.stringify(results, null, 2))
rmSync(folder, { recursive: true, force: true })

function commit(
  to: Catalog,
  kind: 'append' | 'overwrite-partitions',
  table: string,
  day: string,
  file: DataFile,
): Promise<unknown> {
  if (kind === 'append') return to.commit([{ kind, table, files: [file] }])
  return to.commit([{ kind, table, partitions: [{ at_day: day }], files: [file] }])
}

async function dataFile(dataLocation: string, day: string): Promise<DataFile> {
  const path = `${dataLocation}/${crypto.randomUUID()}.parquet`
  await store.writeIfAbsent(path, Buffer.alloc(1000))
  return { path, rowCount: 100, sizeBytes: 1000, partition: { at_day: day }, stats }
}

function dayText(index: number): string {
  return new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10)
}
