import { systemClock } from '../base/index.ts'
import { nextDeliveries } from './deliveries.ts'
import { deliver } from './deliver.ts'
import { exportedFile } from './exported-file.ts'
import { feedStatuses, type FeedStatus } from './feed-status.ts'
import { Lanes, type Work } from './lanes.ts'
import { openRoutes } from './open-routes.ts'
import { nextSnapshots } from './outbox.ts'
import { publishSnapshot } from './publish-snapshot.ts'
import type { PublisherEffects, PublisherOptions, PublisherWorld } from './publisher-options.ts'
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
  /** Path of an exported file, safe for names that come from outside. Throws NACRE_NOT_FOUND. */
  exportedFile(table: string, snapshotId: string, file: string): Promise<string>
}

/**
 * Starts publishing. All there is to do stands in the database, so the process may end at any instant and nothing is lost;
 * one publisher at a time works on a database.
 */
export async function openPublisher(
  options: PublisherOptions,
  effects: PublisherEffects,
): Promise<Publisher> {
  const world = completed(options, effects)
  const { database, exportFolder, clock, log, pollMs } = world
  const routes = await openRoutes(world, world)
  const subscribers = new Subscribers(database, clock)

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
            await sweepExports(table, world)
          },
        })),
      ...snapshots.map((snapshot) => ({
        lane: `export ${snapshot.table}`,
        dueAt: snapshot.nextAttemptAt,
        async run(signal: AbortSignal) {
          await publishSnapshot(snapshot, feeds.get(snapshot.table)!, world, signal)
          await sweepExports(snapshot.table, world)
        },
      })),
    ]
  }
  const lanes = new Lanes({ next, pollMs, limits: { 'export ': 2 } }, { clock, log })

  return {
    wake: () => lanes.wake(),
    async subscribe(name, feed, handler) {
      const subscription = await subscribers.subscribe(name, feed, handler)
      lanes.wake()
      return subscription
    },
    listFeeds: () => feedStatuses(database, world.feeds()),
    exportedFile: (table, snapshotId, file) => exportedFile(exportFolder, table, snapshotId, file),
    async [Symbol.asyncDispose]() {
      await lanes[Symbol.asyncDispose]()
      await routes[Symbol.asyncDispose]()
    },
  }
}

function completed(options: PublisherOptions, effects: PublisherEffects): PublisherWorld {
  return {
    environment: {},
    keepExports: 3,
    partBytes: 128 * 1024 ** 2,
    retry: { minMs: 1000, maxMs: 300_000 },
    timeoutMs: 10_000,
    pollMs: 5000,
    onChange: () => undefined,
    amqpUrl: undefined,
    ...options,
    clock: systemClock,
    fetch: globalThis.fetch,
    random: Math.random,
    ...effects,
  }
}
