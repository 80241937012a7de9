import { backoffMs, NacreError, systemClock, type Clock } from '../base/index.ts'
import { createFeedClient } from './feed-client.ts'
import {
  isKnown,
  missesOthers,
  openPositionStore,
  positionAfter,
  startAfter,
  type PositionStore,
} from './feed-position.ts'
import type { Notification } from './notification.ts'
import { readFeedBatches } from './read-feed.ts'

/** How a service takes a feed. */
export interface ConsumeFeedOptions {
  /** Where Nacre is reached, such as `https://data.example`. */
  readonly url: string
  /** A token of Nacre that may read. */
  readonly token: string
  /** Full name of the feed's table. */
  readonly feed: string
  /**
   * A folder of this service, or callbacks, that keep how far it has come. Then it goes on there after a restart; without, it
   * begins at `from` each time.
   */
  readonly store?: string | PositionStore
  /**
   * Where to begin while nothing is kept: the newest publication (the default), the oldest whose files are still there, or that
   * of a snapshot.
   */
  readonly from?: 'latest' | 'beginning' | { readonly snapshotId: string }
  /**
   * How to hear of publications: server-sent events of Nacre (the default), or a durable queue on its broker, which several
   * processes may share; what was published before the queue was made is then asked of Nacre.
   */
  readonly via?: 'sse' | { readonly amqpUrl: string; readonly queue: string }
  /** What this service is called where Nacre lists a feed's readers. */
  readonly name?: string
  /** Ends it. */
  readonly signal?: AbortSignal
  /** Told of what passes by itself: a lost connection, a handler that failed and is called again. */
  readonly onError?: (error: Error) => void
}

/** A publication of a feed, to be processed. */
export interface FeedDelivery<Row> {
  readonly notification: Notification
  /** Its rows, in batches; each part is fetched and verified before its rows are given. May be read once, wholly or not at all. */
  readonly batches: AsyncIterable<readonly Row[]>
  /**
   * These are changed partitions, and what they changed since was not the publication before, whose files may be gone: take the
   * whole table, through `notification.data.catalog`, instead of these rows.
   */
  readonly isIncomplete: boolean
  readonly signal: AbortSignal
}

/** What consuming touches beside its options. */
export interface ConsumeFeedEffects {
  readonly fetch?: typeof globalThis.fetch
  readonly clock?: Clock
}

const retry = { minMs: 500, maxMs: 30_000 }

/**
 * Calls `handler` with each publication of a feed, one after the other in the order of the commits. When the handler resolves,
 * the position is kept and the next comes; when it rejects, the same publication comes again after a while. What was processed
 * already is not given again, unless somebody replays it. Connections that break are made again.
 *
 * Resolves when the signal aborts. Rejects with what trying again does not cure: NACRE_NOT_FOUND (no such feed, or snapshot to
 * begin with), NACRE_NOT_SIGNED_IN, NACRE_NOT_ALLOWED, NACRE_INPUT.
 * @example await consumeFeed<Shelf>({ url, token, feed: 'home.shelves', store: '.state', signal }, async ({ batches }) => {
 *   for await (const rows of batches) await save(rows)
 * })
 */
export async function consumeFeed<Row = Readonly<Record<string, unknown>>>(
  options: ConsumeFeedOptions,
  handler: (delivery: FeedDelivery<Row>) => Promise<void>,
  { fetch = globalThis.fetch, clock = systemClock }: ConsumeFeedEffects = {},
): Promise<void> {
  const { feed, via = 'sse', from = 'latest', onError = () => undefined } = options
  const stop = new AbortController()
  const signal = AbortSignal.any([stop.signal, ...(options.signal ? [options.signal] : [])])
  const client = createFeedClient(options, fetch)
  const store = openPositionStore(options.store, feed)
  let position = await store.load()
  const start = (): string => {
    if (position !== undefined) return startAfter(position)
    return `from=${typeof from === 'string' ? from : from.snapshotId}`
  }

  /** Repeats `work` until it is done or the end has come, or it has failed in a way that is final. */
  const persist = async (work: () => Promise<void>, isFinal = isIncurable): Promise<void> => {
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        return await work()
      } catch (error) {
        if (signal.aborted) return
        if (isFinal(error)) throw error
        onError(error as Error)
        await clock.sleep(backoffMs(failures, retry), signal).catch(() => undefined) // the end has come
      }
    }
  }
  const take = async (notification: Notification): Promise<void> => {
    if (isKnown(notification, position)) return
    // Of fetching the files. Whatever else the handler fails with, it is worth another try.
    let fault: unknown
    const process = async (): Promise<void> => {
      fault = undefined
      const files = readFeedBatches<Row>(notification, { ...options, fetch, signal })
      const batches = noticing(files, (error) => void (fault = error))
      const isIncomplete = missesOthers(notification, position)
      try {
        await handler({ notification, batches, isIncomplete, signal })
      } catch (error) {
        // Newer files took their place, whose notification is on its way and is told against the position as it stands.
        if (fault instanceof NacreError && fault.code === 'NACRE_NOT_FOUND') return
        throw isIncurable(fault) ? fault : error
      } finally {
        await batches.return()
      }
      const reached = positionAfter(notification, position)
      await store.save(reached)
      position = reached
    }
    await persist(process, (error) => error === fault && isIncurable(error))
  }

  if (via === 'sse') {
    const follow = async (): Promise<void> => {
      let hasHeard = false
      try {
        for await (const notification of client.events(start(), signal)) {
          await take(notification)
          hasHeard = true
        }
        throw new NacreError('NACRE_UNAVAILABLE', 'Nacre closed the connection; it is made again.')
      } catch (error) {
        // After a connection that worked, patience begins anew.
        if (!hasHeard || signal.aborted || isIncurable(error)) throw error
        onError(error as Error)
      }
    }
    while (!signal.aborted) await persist(follow)
    return
  }

  const catchUp = async (): Promise<void> => {
    let page = await client.page(start(), signal)
    while (!signal.aborted && page.length > 0) {
      for (const notification of page) await take(notification)
      page = await client.page(`after=${page.at(-1)!.id}`, signal)
    }
  }
  const { startRabbitmqConsumer } = await import('./rabbitmq/subscribe-rabbitmq.ts')
  const ended = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => ended.resolve(), { once: true })
  const begun = Promise.withResolvers<void>()
  const { amqpUrl: url, queue } = via
  try {
    // The queue is bound before the history is asked for, so that nothing lies between the two.
    await using _consumer = await startRabbitmqConsumer(
      { url, queue, feed, signal, onError },
      async (message) => {
        await begun.promise
        await take(message).catch(ended.reject)
        signal.throwIfAborted()
      },
    )
    await persist(catchUp)
    begun.resolve()
    await ended.promise.finally(() => stop.abort())
  } catch (error) {
    if (options.signal?.aborted !== true) throw error
  } finally {
    begun.resolve()
  }
}

async function* noticing<T>(
  items: AsyncIterable<T>,
  notice: (error: unknown) => void,
): AsyncGenerator<T, void, undefined> {
  try {
    yield* items
  } catch (error) {
    notice(error)
    throw error
  }
}

function isIncurable(error: unknown): boolean {
  return error instanceof NacreError && incurable.has(error.code)
}

const incurable: ReadonlySet<string> = new Set([
  'NACRE_NOT_FOUND',
  'NACRE_NOT_SIGNED_IN',
  'NACRE_NOT_ALLOWED',
  'NACRE_INPUT',
])
