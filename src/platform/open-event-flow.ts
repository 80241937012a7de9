import { explainListenFailure, type Log, type NacreError } from '../base/index.ts'
import type { Database } from '../database/index.ts'
import { openEngine } from '../engines/index.ts'
import {
  createCollector,
  createKeyRing,
  engineWriter,
  openSegmentLog,
  replayRejected,
  startDecoder,
  type EventManifest,
} from '../events/index.ts'
import { inState, type Settings } from '../settings/index.ts'
import type { StorageAccess } from '../storage/index.ts'
import type { Catalog } from '../tables/index.ts'
import type { Changes } from './changes.ts'
import type { DiskRoom } from './disk-room.ts'
import { createEventService, type EventService } from './event-service.ts'
import type { QueryService } from './query-service.ts'

/** What the way of events from the collector to tables stands on. */
export interface EventFlowParts {
  readonly settings: Settings
  readonly database: Database
  readonly catalog: Catalog
  readonly storage: StorageAccess
  readonly queries: QueryService
  readonly changes: Changes
  readonly room: DiskRoom
  /** The declared events of all apps as they are now. */
  readonly plan: () => readonly EventManifest[]
}

/** Collector, segment log and decoder, open. */
export interface EventFlow extends AsyncDisposable {
  readonly service: EventService
  /** Lets the collector take events; until then only what is in the log already lands. */
  listen(): Promise<void>
  collectorUrl(): string
}

const decoderMemoryBytes = 256 * 1024 ** 2

export async function openEventFlow(
  { settings, database, catalog, storage, queries, changes, room, plan }: EventFlowParts,
  { log, onFailure }: { log: Log; onFailure: (failure: NacreError) => void },
): Promise<EventFlow> {
  await using opening = new AsyncDisposableStack()
  const segments = opening.use(await openSegmentLog({ folder: inState(settings, 'segments'), onFailure }))
  const keys = createKeyRing(database)
  const collector = opening.use(createCollector({ log: segments, keys, admit: () => room.demand() }, { log }))
  const openDecoderEngine = () =>
    openEngine({ name: 'duckdb', memoryBytes: decoderMemoryBytes, threads: 1, ...storage })
  const engine = opening.use(await openDecoderEngine())
  const decoder = opening.use(
    await startDecoder(
      { log: segments, database, catalog, writeRows: engineWriter(engine), plan },
      {},
      { log },
    ),
  )
  decoder.subscribe(throttled(() => changes.tell({ topic: 'events', name: 'decoded' }), 1000))
  const { host } = settings
  let port = settings.collectorPort
  const stack = opening.move()
  return {
    service: createEventService({
      database,
      collector,
      decoder,
      queries,
      keyPath: inState(settings, 'writeKey'),
      async replay() {
        await using own = await openDecoderEngine()
        return await replayRejected({
          database,
          catalog,
          engine: own,
          writeRows: engineWriter(own),
          plan: plan(),
        })
      },
    }),
    async listen() {
      try {
        port = (await collector.listen({ port, host })).port
      } catch (error) {
        throw explainListenFailure(error, { host, port, flag: '--collector-port' })
      }
    },
    collectorUrl: () => `http://${host}:${port}`,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** Calls at most once in `ms`, and once more at the end of a burst. */
function throttled(call: () => void, ms: number): () => void {
  let timer: NodeJS.Timeout | undefined
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined
      call()
    }, ms).unref()
  }
}
