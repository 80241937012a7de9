import { Connection } from 'rabbitmq-client'
import type { Log } from '../../base/index.ts'
import type { Route } from '../route.ts'
import { notificationExchange, routingKey } from './exchange.ts'

/**
 * Sends notifications to the topic exchange `nacre`, persistent and confirmed. Connects in the background and again, with
 * back-off, whenever the connection is lost; a message that is not confirmed by then fails. Closed by disposing it.
 */
export function openRabbitmqRoute(
  { url, timeoutMs }: { url: string; timeoutMs: number },
  log: Log,
): Route & AsyncDisposable {
  const connection = new Connection({
    url,
    connectionName: 'nacre publisher',
    acquireTimeout: timeoutMs,
    heartbeat: 10,
    retryLow: 250,
    retryHigh: 15_000,
  })
  connection.on('error', (error: Error) =>
    log.warn({ error: error.message }, 'the connection to RabbitMQ is lost; trying again'),
  )
  const publisher = connection.createPublisher({ confirm: true, exchanges: [notificationExchange] })
  return {
    async send({ notification, body }, signal) {
      const { promise: aborted, reject } = Promise.withResolvers<never>()
      const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
      limit.addEventListener('abort', () => reject(limit.reason as Error), { once: true })
      const sent = publisher.send(
        {
          exchange: notificationExchange.exchange,
          routingKey: routingKey(notification.data.table),
          messageId: notification.id,
          contentType: 'application/cloudevents+json; charset=utf-8',
          durable: true,
        },
        Buffer.from(body),
      )
      // A confirm is lost without a sign when the connection breaks at the wrong moment, so the wait has an end.
      await Promise.race([sent, aborted])
    },
    async [Symbol.asyncDispose]() {
      // An orderly end may wait for a broker that no longer answers.
      const end = publisher.close().then(() => connection.close())
      await Promise.race([
        end.catch(() => undefined),
        new Promise((resolve) => setTimeout(resolve, 2000).unref()),
      ])
      connection.unsafeDestroy()
    },
  }
}
