import { setImmediate } from 'node:timers/promises'
import { NacreError, type Log } from '../../base/index.ts'
import type { Route } from '../route.ts'
import { connectToBroker, disconnect, notificationExchange, routingKey } from './broker.ts'

/**
 * Sends notifications to the topic exchange `nacre`, persistent, each confirmed by the broker. One that no queue takes is a
 * failure too, so it is sent again until a consumer has bound its queue. Closed by disposing it.
 */
export function openRabbitmqRoute(
  { url, timeoutMs }: { url: string; timeoutMs: number },
  log: Log,
): Route & AsyncDisposable {
  const connection = connectToBroker({
    url,
    timeoutMs,
    name: 'nacre publisher',
    onError: (error) => log.warn({ error: error.message }, 'no connection to RabbitMQ; trying again'),
  })
  const returned = new Set<string>()
  const publisher = connection.createPublisher({ confirm: true, exchanges: [notificationExchange] })
  publisher.on('basic.return', ({ messageId }) => void returned.add(messageId!))
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
          mandatory: true,
        },
        Buffer.from(body),
      )
      // A confirm is lost without a sign when the connection breaks at the wrong moment, so the wait has an end.
      await Promise.race([sent, aborted])
      // The broker returns a message before it confirms it, but the client tells of it a turn of the event loop later.
      await setImmediate()
      if (!returned.delete(notification.id)) return
      throw new NacreError(
        'NACRE_UNAVAILABLE',
        `No queue takes it: none is bound to the exchange '${notificationExchange.exchange}' for '${routingKey(notification.data.table)}'. Start the consumer once, or bind a queue.`,
      )
    },
    [Symbol.asyncDispose]: () => disconnect(connection, publisher),
  }
}
