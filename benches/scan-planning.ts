import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate, openDatabase } from '../src/database/index.ts'
import { fileUriOfPath, openFileStore, type Store } from '../src/storage/index.ts'
import { dayOf, migrations, openCatalog, type Catalog, type ScanOptions } from '../src/tables/index.ts'

// How long does it take to plan a scan of a day, a week and all of 100,000 files of 365 days, for the first time, with the index
// and against decoding every manifest? And what does it hold in memory?

const [files, days, commits] = [100_000, 365, 100]
const folder = mkdtempSync(join(tmpdir(), 'nacre-bench-'))
const warehouse = fileUriOfPath(folder)
await using database = await openDatabase({ folder: join(folder, 'database') })
await migrate(database, migrations)
const disk = openFileStore(warehouse)
// The data files themselves are not there.
const store: Store = { ...disk, settle: async (uri) => (uri.endsWith('.parquet') ? 1000 : disk.settle(uri)) }
const open = (): Catalog => openCatalog({ database, store, warehouse })
const name = 'bench.events'
const columns = Object.fromEntries(Array.from({ length: 18 }, (_, index) => [`c${index}`, 'long' as const]))
const day = (index: number): string => new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10)

const writing = open()
await writing.ensureTable({
  kind: 'table-ref',
  name,
  spec: { columns: { at: 'timestamptz', reader: 'string', ...columns }, partitionBy: [dayOf('at')] },
})
const { dataLocation } = await writing.planWrite(name)
// Each commit holds rows of every day, as late events and compaction make them: no manifest can be left out.
const made = performance.now()
for (let commit = 0; commit < commits; commit++) {
  const added = Array.from({ length: files / commits }, (_, index) => {
    const date = day(index % days)
    const stats = Object.fromEntries(
      Array.from({ length: 20 }, (_, column) => [
        column + 1,
        {
          sizeBytes: 1000,
          valueCount: 100,
          nullCount: 0,
          ...(column === 0 && { min: `${date} 00:00:00+00`, max: `${date} 23:59:59+00` }),
          ...(column > 1 && { min: String(commit * 1000), max: String(commit * 1000 + 999) }),
        },
      ]),
    )
    const path = `${dataLocation}/at_day=${date}/${crypto.randomUUID()}.parquet`
    return { path, rowCount: 100, sizeBytes: 1000, partition: { at_day: date }, stats }
  })
  await writing.commit([{ kind: 'append', table: name, files: added }])
}
const makingMs = Math.round(performance.now() - made)

const scans: Readonly<Record<string, ScanOptions>> = {
  day: { partitions: [{ at_day: day(180) }] },
  week: { partitions: Array.from({ length: 7 }, (_, index) => ({ at_day: day(180 + index) })) },
  'hour of a day': {
    where: [
      { column: 'at', is: '>=', value: `${day(180)}T10:00:00Z` },
      { column: 'at', is: '<', value: `${day(180)}T11:00:00Z` },
    ],
  },
  'one commit by bounds': { where: [{ column: 'c5', is: '=', value: 50_500 }] },
  all: {},
}

const heap = (): number => {
  global.gc?.()
  return Math.round(process.memoryUsage().heapUsed / 1024 ** 2)
}

async function plan(catalog: Catalog, scan: ScanOptions): Promise<{ files: number; ms: number }> {
  const start = performance.now()
  const { files: found } = await catalog.planScan(name, scan)
  return { files: found.length, ms: Number((performance.now() - start).toFixed(1)) }
}

const indexing = await plan(open(), scans['day']!)
const results: Record<string, unknown> = {}
const before = heap()
const catalog = open()
for (const [scan, options] of Object.entries(scans)) {
  const fresh = await plan(open(), options)
  const times: number[] = []
  for (let round = 0; round < (scan === 'all' ? 5 : 40); round++)
    times.push((await plan(catalog, options)).ms)
  times.sort((one, other) => one - other)
  results[scan] = {
    files: fresh.files,
    firstOfAProcessMs: fresh.ms,
    p50Ms: times[times.length >> 1],
    bestMs: times[0],
  }
}
const manifests = await Array.fromAsync(disk.list(`${warehouse}/bench/events/metadata`))
const live = manifests.filter(({ uri }) => /-m\d+\.avro$/.test(uri))
const { decodeManifest } = await import('../src/tables/manifests/manifest.ts')
const start = performance.now()
let decoded = 0
for (const { uri } of live)
  decoded += decodeManifest(await disk.read(uri), { snapshotId: 1, sequenceNumber: 1 }).entries.length
console.log(
  JSON.stringify(
    {
      files,
      makingMs,
      firstDayEverMs: indexing.ms,
      plans: results,
      heapHeldMb: heap() - before,
      decodingAll: { manifests: live.length, entries: decoded, ms: Math.round(performance.now() - start) },
    },
    null,
    2,
  ),
)
rmSync(folder, { recursive: true, force: true })
