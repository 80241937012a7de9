import { Connection } from 'rabbitmq-client'

/** The exchange that all notifications go to. */
export const notificationExchange = { exchange: 'nacre', type: 'topic', durable: true } as const

/** `dataset.ready.<namespace>.<table>`. */
export function routingKey(table: string): string {
  return `dataset.ready.${table}`
}

/** Connects in the background, and again with back-off whenever the connection is lost, which `onError` is told. */
export function connectToBroker(options: {
  url: string
  name: string
  timeoutMs: number
  onError: (error: Error) => void
}): Connection {
  const connection = new Connection({
    url: options.url,
    connectionName: options.name,
    acquireTimeout: options.timeoutMs,
    // A peer that is silent for twice as long is given up.
    heartbeat: Math.max(1, Math.ceil(options.timeoutMs / 1000)),
    retryLow: 250,
    retryHigh: 15_000,
  })
  connection.on('error', options.onError)
  return connection
}

/** Closes a publisher or consumer and its connection: in order if the broker answers within a while, else at once. */
export async function disconnect(
  connection: Connection,
  user: { close(): Promise<void> },
  patienceMs = 2000,
): Promise<void> {
  const orderly = user.close().then(() => connection.close())
  const { promise: outOfPatience, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, patienceMs)
  await Promise.race([orderly.catch(() => undefined), outOfPatience]) // a broken connection is closed below
  clearTimeout(timer)
  connection.unsafeDestroy()
}
