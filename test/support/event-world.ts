import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openEngine, type Engine } from '../../src/engines/index.ts'
import type { Database } from '../../src/database/index.ts'
import {
  engineWriter,
  event,
  eventManifest,
  identify,
  migrations as eventMigrations,
  openSegmentLog,
  startDecoder,
  Type,
  type Decoder,
  type DecoderOptions,
  type EventManifest,
  type SegmentLog,
} from '../../src/events/index.ts'
import { fileUriOfPath, openFileStore } from '../../src/storage/index.ts'
import { migrations as tableMigrations, openCatalog, type Catalog } from '../../src/tables/index.ts'
import { sql } from '../../src/sql/index.ts'

/** Migrations of what events land in. */
export const eventWorldMigrations: typeof eventMigrations = [...tableMigrations, ...eventMigrations]

/** A small tracking plan. */
export const eventWorldPlan: readonly EventManifest[] = [
  event('Book Opened', {
    version: '1-0-0',
    properties: Type.Object({ edition: Type.String(), page: Type.Integer({ minimum: 0 }) }),
  }),
  identify({ version: '1-0-0', properties: Type.Object({ plan: Type.String() }) }),
].map((definition) => eventManifest(definition))

/** A log, a catalog and an engine under one folder, with a decoder between them. */
export interface EventWorld extends AsyncDisposable {
  readonly log: SegmentLog
  readonly catalog: Catalog
  readonly engine: Engine
  readonly decoder: Decoder
  /** Rows of a table's current snapshot, in the order of `message_id`. */
  rows<Row>(table: string): Promise<Row[]>
}

export async function openEventWorld(
  folder: string,
  database: Database,
  options: DecoderOptions & {
    plan?: () => readonly EventManifest[]
    wrapCatalog?: (catalog: Catalog) => Catalog
  } = {},
): Promise<EventWorld> {
  const {
    plan = () => eventWorldPlan,
    wrapCatalog = (catalog: Catalog) => catalog,
    ...decoderOptions
  } = options
  const stack = new AsyncDisposableStack()
  const warehouse = join(folder, 'warehouse')
  await mkdir(warehouse, { recursive: true })
  const engine = stack.use(await openEngine({ name: 'duckdb', threads: 1 }))
  const log = stack.use(await openSegmentLog({ folder: join(folder, 'log') }))
  const catalog = openCatalog({
    database,
    store: openFileStore(fileUriOfPath(warehouse)),
    warehouse: fileUriOfPath(warehouse),
  })
  const decoder = stack.use(
    await startDecoder(
      { log, database, catalog: wrapCatalog(catalog), writeRows: engineWriter(engine), plan },
      { everyMs: 20, ...decoderOptions },
    ),
  )
  return {
    log,
    catalog,
    engine,
    decoder,
    async rows<Row>(table: string) {
      await engine.attach(await catalog.planScan(table))
      return engine.rows<Row>(sql`select * from ${{ kind: 'table-ref', name: table }} order by message_id`)
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
