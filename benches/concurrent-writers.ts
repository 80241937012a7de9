import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate, openDatabase, type Database } from '../src/database/index.ts'
import { fileUriOfPath, openFileStore, pathOfFileUri } from '../src/storage/index.ts'
import { migrations, openCatalog, type Catalog } from '../src/tables/index.ts'

// Do 8 writers of 50 appends each to one table all land, and how many tries does a commit take? In one process on PGlite; or on the
// PostgreSQL server whose URL is given, each with connections and a catalog of its own, as writers in processes of their own have:
// node benches/concurrent-writers.ts postgres://…

const writers = 8
const appends = 50
const url = process.argv[2]
const folder = mkdtempSync(join(tmpdir(), 'nacre-bench-'))
const warehouse = fileUriOfPath(folder)
const open = (): Promise<Database> =>
  openDatabase(url === undefined ? { folder: join(folder, 'database') } : { url })
await using database = await open()
await migrate(database, migrations)
const table = `bench.writers_${Date.now()}`
const first = openCatalog({ database, store: openFileStore(warehouse), warehouse })
await first.ensureTable({ kind: 'table-ref', name: table, spec: { columns: { x: 'long' } } })
const { dataLocation } = await first.planWrite(table)
mkdirSync(pathOfFileUri(dataLocation), { recursive: true })

let tries = 0
const times: number[] = []
const catalogOn = (own: Database): Catalog =>
  openCatalog(
    { database: own, store: openFileStore(warehouse), warehouse },
    { newSnapshotId: () => (tries++, Math.floor(Math.random() * 2 ** 52)) },
  )
const shared = catalogOn(database)
const start = performance.now()
await Promise.all(
  Array.from({ length: writers }, async () => {
    await using own = url === undefined ? null : await open()
    const catalog = own === null ? shared : catalogOn(own)
    for (let append = 0; append < appends; append++) {
      const path = `${dataLocation}/${crypto.randomUUID()}.parquet`
      writeFileSync(pathOfFileUri(path), 'x')
      const began = performance.now()
      const files = [{ path, rowCount: 1, sizeBytes: 1, partition: {}, stats: {} }]
      await catalog.commit([{ kind: 'append', table, files }])
      times.push(performance.now() - began)
    }
  }),
)
const seconds = (performance.now() - start) / 1000
times.sort((one, other) => one - other)
const at = (share: number): number => Number(times[Math.floor(times.length * share)]!.toFixed(1))
const { files } = await first.planScan(table)
console.log(
  JSON.stringify({
    database: database.kind,
    writers,
    appends,
    landed: files.length,
    triesPerCommit: Number((tries / times.length).toFixed(2)),
    commitsPerSecond: Math.round(times.length / seconds),
    p50Ms: at(0.5),
    p95Ms: at(0.95),
  }),
)
rmSync(folder, { recursive: true, force: true })
if (files.length !== writers * appends) process.exitCode = 1
