/** The exchange that all notifications go to. */
export const notificationExchange = { exchange: 'nacre', type: 'topic', durable: true } as const

/** `dataset.ready.<namespace>.<table>`; `*` and `#` in a feed's name match as in any topic binding. */
export function routingKey(table: string): string {
  return `dataset.ready.${table}`
}
