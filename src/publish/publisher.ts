import { Bell, Mutex, NacreError, systemClock } from '../base/index.ts'
import type { AvroSchema } from '../avro/index.ts'
import { contractVersions } from './contract.ts'
import { nextDeliveries } from './deliveries.ts'
import { deliver } from './deliver.ts'
import { exportedFile } from './exported-file.ts'
import type { FeedManifest } from './feed-definition.ts'
import { feedDetail, type FeedDetail, type FeedReader } from './feed-detail.ts'
import { feedStatuses, type FeedStatus } from './feed-status.ts'
import { LaneLeases } from './lane-leases.ts'
import { Lanes, type Work } from './lanes.ts'
import { notificationOf, type Notification } from './notification.ts'
import { openRoutes } from './open-routes.ts'
import { nextSnapshots } from './outbox.ts'
import { positionBefore, publicationsAfter, type HistoryStart } from './publications.ts'
import { publishSnapshot } from './publish-snapshot.ts'
import type { PublisherEffects, PublisherOptions, PublisherWorld } from './publisher-options.ts'
import { replay, type ReplayAnswer, type ReplayRequest } from './replay.ts'
import { Subscribers, type Subscription, type SubscriptionHandler } from './subscribers.ts'
import { sweepExports } from './sweep-exports.ts'

/** Exports the snapshots of feeds and announces them, each at least once on each route, in order. Closed by disposing it. */
export interface Publisher extends AsyncDisposable {
  /** Looks for work now; call it after a commit. */
  wake(): void
  /**
   * Calls `handler` with each notification of a feed, in order, each again until it resolves. A new name begins with the newest
   * export, a known one where it stopped, also after a restart.
   */
  subscribe(name: string, feed: string, handler: SubscriptionHandler): Promise<Subscription>
  listFeeds(): Promise<readonly FeedStatus[]>
  /** Throws NACRE_NOT_FOUND naming the feeds there are. */
  feed(table: string): Promise<FeedDetail>
  /** The Avro schema of a version of a feed's contract, such as `1.2`. Throws NACRE_NOT_FOUND. */
  contractSchema(table: string, version: string): Promise<AvroSchema>
  /** At most `limit` notifications of a feed from a start on, oldest first. Throws NACRE_NOT_FOUND. */
  notifications(table: string, start: HistoryStart, limit: number): Promise<readonly Notification[]>
  /** The notifications of a feed from a start on, oldest first, and then each as it is published, until the signal aborts. */
  follow(
    table: string,
    options: { start: HistoryStart; reader: string; signal: AbortSignal },
  ): AsyncIterable<Notification>
  /** Has notifications sent again. Throws NACRE_NOT_FOUND, NACRE_INPUT. */
  replay(table: string, request: ReplayRequest): Promise<ReplayAnswer>
  /** Path of an exported file, safe for names that come from outside. Throws NACRE_NOT_FOUND. */
  exportedFile(table: string, snapshotId: string, file: string): Promise<string>
}

/**
 * Starts publishing. All there is to do stands in the database, so the process may end at any instant and nothing is lost.
 * Several processes may publish from one PostgreSQL if they share the export folder: each lane is worked on by one of them.
 */
export async function openPublisher(
  options: PublisherOptions,
  effects: PublisherEffects,
): Promise<Publisher> {
  const bell = new Bell()
  const world = completed(options, effects, bell)
  const { database, exportFolder, clock, log, pollMs, keepExports } = world
  await using opening = new AsyncDisposableStack()
  const leases =
    database.kind === 'pglite' ? undefined : opening.use(new LaneLeases(database, world.leaseMs, log))
  const routes = opening.use(await openRoutes(world, world))
  const subscribers = new Subscribers(database, clock)
  const readers = new Set<FeedReader & { readonly table: string }>()

  const sweeping = new Mutex()
  const sweep = async (table: string, keep = keepExports): Promise<void> => {
    if ((await leases?.claim(`sweep ${table}`)) === 'elsewhere') return
    await sweeping.run(() => sweepExports(table, { ...world, keepExports: keep }))
  }
  const next = async (): Promise<Work[]> => {
    const feeds = new Map(world.feeds().map((feed) => [feed.table, feed]))
    const tables = [...feeds.keys()]
    const deliveries = await nextDeliveries(database, tables)
    const snapshots = await nextSnapshots(database, tables)
    return [
      ...deliveries
        .filter(({ table, route }) => !subscribers.isAway(table, route))
        .map((delivery) => ({
          lane: `${delivery.route} ${delivery.table}`,
          dueAt: delivery.nextAttemptAt,
          async run(signal: AbortSignal) {
            const { table, route } = delivery
            const find = () => subscribers.find(table, route) ?? routes.find(feeds.get(table)!, route)
            await deliver(delivery, find, world, signal)
            await sweep(table, feeds.get(table)?.keep)
          },
        })),
      ...snapshots.map((snapshot) => ({
        lane: `export ${snapshot.table}`,
        dueAt: snapshot.nextAttemptAt,
        async run(signal: AbortSignal) {
          await publishSnapshot(snapshot, feeds.get(snapshot.table)!, world, signal)
          await sweep(snapshot.table, feeds.get(snapshot.table)?.keep)
        },
      })),
    ]
  }
  const lanes = opening.use(
    new Lanes(
      {
        next,
        pollMs,
        limits: { 'export ': 2 },
        ...(leases && { claim: (lane: string) => leases.claim(lane) }),
      },
      { clock, log },
    ),
  )
  const feedOf = (table: string): FeedManifest => {
    const feeds = world.feeds()
    const feed = feeds.find((each) => each.table === table)
    if (feed !== undefined) return feed
    throw new NacreError(
      'NACRE_NOT_FOUND',
      `There is no feed '${table}'. Feeds: ${feeds.map((each) => each.table).join(', ') || 'none is declared'}.`,
    )
  }
  const toldOf = (stored: Parameters<typeof notificationOf>[0]): Notification =>
    notificationOf(stored, { publicUrl: world.publicUrl() })
  const stack = opening.move()

  return {
    wake: () => lanes.wake(),
    async subscribe(name, feed, handler) {
      const subscription = await subscribers.subscribe(name, feed, handler)
      lanes.wake()
      return subscription
    },
    listFeeds: () => feedStatuses(database, world.feeds()),
    feed: async (table) =>
      feedDetail(database, feedOf(table), [
        ...subscribers.namesOf(table).map((name) => ({ name, via: 'subscriber' as const })),
        ...[...readers].filter((reader) => reader.table === table).map(({ name, via }) => ({ name, via })),
      ]),
    async contractSchema(table, version) {
      const versions = await contractVersions(database, feedOf(table).table)
      const found = versions.find((each) => each.version === version)
      if (found !== undefined) return found.schema
      throw new NacreError(
        'NACRE_NOT_FOUND',
        `Feed '${table}' has no contract ${version}; it has ${versions.map((each) => each.version).join(', ') || 'none yet'}.`,
      )
    },
    async notifications(table, start, limit) {
      const position = await positionBefore(database, feedOf(table).table, start)
      return (await publicationsAfter(database, table, position, limit)).map(toldOf)
    },
    async *follow(table, { start, reader: name, signal }) {
      const reader = { table: feedOf(table).table, name, via: 'sse' as const }
      let position = await positionBefore(database, table, start)
      readers.add(reader)
      try {
        while (!signal.aborted) {
          // Before asking, so that what comes meanwhile rings.
          const rung = bell.wait(pollMs, signal)
          const publications = await publicationsAfter(database, table, position, 20)
          for (const publication of publications) {
            yield toldOf(publication)
            position = publication.position
          }
          if (publications.length === 0) await rung
        }
      } finally {
        readers.delete(reader)
      }
    },
    async replay(table, request) {
      const answer = await replay(feedOf(table), request, world)
      log.info({ table, ...answer }, 'notifications are replayed')
      world.onChange(table)
      lanes.wake()
      return answer
    },
    exportedFile: (table, snapshotId, file) => exportedFile(exportFolder, table, snapshotId, file),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

function completed(options: PublisherOptions, effects: PublisherEffects, bell: Bell): PublisherWorld {
  return {
    environment: {},
    keepExports: 3,
    partBytes: 128 * 1024 ** 2,
    retry: { minMs: 1000, maxMs: 300_000 },
    giveUp: { attempts: 100, ageMs: 86_400_000 },
    leaseMs: 30_000,
    timeoutMs: 10_000,
    pollMs: 5000,
    amqpUrl: undefined,
    hold: async () => undefined,
    ...options,
    onChange(table) {
      bell.ring()
      options.onChange?.(table)
    },
    clock: systemClock,
    fetch: globalThis.fetch,
    random: Math.random,
    ...effects,
  }
}
