import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate, openDatabase } from '../src/database/index.ts'
import { fileUriOfPath, openFileStore, pathOfFileUri } from '../src/storage/index.ts'
import { dayOf, migrations, openCatalog, type DataFile } from '../src/tables/index.ts'

// How long does a commit take: an append and an overwrite of one day, on a table of 1 file, of 1,000 and of 10,000, and on a table
// that has seen 1,000 commits, kept in order as the hourly job does?

const rounds = 60
const folder = mkdtempSync(join(tmpdir(), 'nacre-bench-'))
const warehouse = fileUriOfPath(folder)
await using database = await openDatabase({ folder: join(folder, 'database') })
await migrate(database, migrations)
const catalog = openCatalog({ database, store: openFileStore(warehouse), warehouse })
const columns = Object.fromEntries(Array.from({ length: 18 }, (_, index) => [`c${index}`, 'long' as const]))
const stats = Object.fromEntries(
  Array.from({ length: 20 }, (_, index) => [
    index + 1,
    { sizeBytes: 1000, valueCount: 100, nullCount: 0, ...(index < 2 ? {} : { min: '1', max: '1000000' }) },
  ]),
)
type Kind = 'append' | 'overwrite-partitions'

const results: object[] = []
for (const files of [1, 1000, 10_000])
  for (const kind of ['append', 'overwrite-partitions'] as const) {
    const days = files === 1 ? 1 : 100
    const name = await filledTable(`${kind === 'append' ? 'append' : 'overwrite'}_${files}`, files, days)
    results.push({ filesBefore: files, ...(await measure(name, kind, days)) })
  }

const old = await filledTable('old', 1000, 100)
for (let done = 0; done < 1000; done++) {
  await commit(old, done % 2 === 0 ? 'append' : 'overwrite-partitions', dayText(done % 100))
  if (done % 60 === 59) {
    await catalog.maintenance.mergeManifests(old)
    await catalog.maintenance.expireSnapshots(old, { olderThanMs: 0, keepLast: 60 })
  }
}
for (const kind of ['append', 'overwrite-partitions'] as const)
  results.push({ commitsBefore: 1000, ...(await measure(old, kind, 100)) })
console.log(JSON.stringify({ bench: 'commit-latency', goalP50Ms: 25, results }))
rmSync(folder, { recursive: true, force: true })

async function filledTable(shortName: string, files: number, days: number): Promise<string> {
  const name = `bench.${shortName}`
  await catalog.ensureTable({
    kind: 'table-ref',
    name,
    spec: { columns: { at: 'timestamptz', reader: 'string', ...columns }, partitionBy: [dayOf('at')] },
  })
  const { dataLocation } = await catalog.planWrite(name)
  mkdirSync(pathOfFileUri(dataLocation), { recursive: true })
  const first = Array.from({ length: files }, (_, index) => dataFile(dataLocation, dayText(index % days)))
  await catalog.commit([{ kind: 'append', table: name, files: first }])
  return name
}

async function measure(name: string, kind: Kind, days: number): Promise<object> {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) times.push(await commit(name, kind, dayText(round % days)))
  times.sort((one, other) => one - other)
  const at = (share: number): number => Number(times[Math.floor(rounds * share)]!.toFixed(1))
  return { change: kind, commits: rounds, p50Ms: at(0.5), p95Ms: at(0.95) }
}

/** Milliseconds that the commit takes; the data file is written before. */
async function commit(table: string, kind: Kind, day: string): Promise<number> {
  const files = [dataFile((await catalog.planWrite(table)).dataLocation, day)]
  const start = performance.now()
  if (kind === 'append') await catalog.commit([{ kind, table, files }])
  else await catalog.commit([{ kind, table, partitions: [{ at_day: day }], files }])
  return performance.now() - start
}

function dataFile(dataLocation: string, day: string): DataFile {
  const path = `${dataLocation}/${crypto.randomUUID()}.parquet`
  writeFileSync(pathOfFileUri(path), Buffer.alloc(1000))
  return { path, rowCount: 100, sizeBytes: 1000, partition: { at_day: day }, stats }
}

function dayText(index: number): string {
  return new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10)
}
