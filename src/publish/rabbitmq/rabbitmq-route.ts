import type { Log } from '../../base/index.ts'
import type { Route } from '../route.ts'
import { connectToBroker, disconnect, notificationExchange, routingKey } from './broker.ts'

/** Sends notifications to the topic exchange `nacre`, persistent, each confirmed by the broker. Closed by disposing it. */
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
    [Symbol.asyncDispose]: () => disconnect(connection, publisher),
  }
}
