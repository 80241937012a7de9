import { ConsumerStatus } from 'rabbitmq-client'
import { backoffMs, systemClock } from '../../base/index.ts'
import type { Notification } from '../notification.ts'
import { connectToBroker, disconnect, notificationExchange, routingKey } from './broker.ts'

/** What a consumer of a broker needs. */
export interface RabbitmqSubscription {
  readonly url: string
  /** The durable queue of this service: made when absent, and bound to the feed. Several processes may share one. */
  readonly queue: string
  /** Full name of the feed's table; `*` stands for one part of a name and `#` for any. */
  readonly feed: string
  /** Ends the wait for the first connection. */
  readonly signal?: AbortSignal
  /** Told of lost connections (they are made again), failed handlers and messages that are no notifications. */
  readonly onError?: (error: Error) => void
}

/** Starts consuming; disposing it waits for the handler at work. See {@link subscribeRabbitmq} of `nacre/consume`. */
export async function startRabbitmqConsumer(
  { url, queue, feed, signal, onError = () => undefined }: RabbitmqSubscription,
  handler: (notification: Notification, signal: AbortSignal) => Promise<void>,
): Promise<AsyncDisposable> {
  const connection = connectToBroker({ url, name: `nacre ${queue}`, timeoutMs: 20_000, onError })
  const stop = new AbortController()
  let failures = 0
  const consumer = connection.createConsumer(
    {
      queue,
      queueOptions: { durable: true },
      exchanges: [notificationExchange],
      queueBindings: [{ queue, exchange: notificationExchange.exchange, routingKey: routingKey(feed) }],
      // One at a time, so that a feed's notifications are processed in order.
      qos: { prefetchCount: 1 },
      concurrency: 1,
    },
    async (message) => {
      const notification = parseNotification(message.body)
      if (notification === undefined) {
        onError(new Error(`Queue '${queue}' held a message that is no notification; it was dropped.`))
        return ConsumerStatus.DROP
      }
      try {
        await handler(notification, stop.signal)
        failures = 0
        return ConsumerStatus.ACK
      } catch (error) {
        onError(error as Error)
        const waitMs = backoffMs(++failures, { minMs: 500, maxMs: 30_000 })
        await systemClock.sleep(waitMs, stop.signal).catch(() => undefined) // the end has come
        return ConsumerStatus.REQUEUE
      }
    },
  )
  consumer.on('error', onError)
  const end = async (): Promise<void> => {
    stop.abort()
    await disconnect(connection, consumer, 10_000)
  }
  try {
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
    consumer.once('ready', resolve)
    if (signal?.aborted) reject(signal.reason as Error)
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    await ready
  } catch (error) {
    await end()
    throw error
  }
  return { [Symbol.asyncDispose]: end }
}

function parseNotification(body: unknown): Notification | undefined {
  try {
    const value = JSON.parse(String(body)) as Notification
    return typeof value.data.snapshotId === 'string' ? value : undefined
  } catch {
    return undefined // told by the caller
  }
}
