import { NacreError, type Clock } from '../base/index.ts'
import type { Database, Queryable, Transaction } from '../database/index.ts'
import { addDelivery, skipRoute } from './deliveries.ts'
import type { Notification } from './notification.ts'
import { latestExport } from './outbox.ts'
import type { Route } from './route.ts'

/** Processes one notification; it is called again, later, when it rejects. */
export type SubscriptionHandler = (notification: Notification, signal: AbortSignal) => Promise<void>

/** A durable subscriber at work. Disposing it stops it; what is published meanwhile waits for the next `subscribe`. */
export interface Subscription extends AsyncDisposable {
  /** Stops and forgets the subscriber. */
  end(): Promise<void>
}

const prefix = 'subscriber '

/** The durable subscribers of this process: routes whose other side is a function. */
export class Subscribers {
  readonly #database: Database
  readonly #clock: Clock
  readonly #atWork = new Map<string, Route>()

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** Whether a route is a subscriber that does not work in this process now: its deliveries wait. */
  isAway(table: string, route: string): boolean {
    return route.startsWith(prefix) && !this.#atWork.has(keyOf(table, route))
  }

  /** Names of a feed's subscribers at work in this process. */
  namesOf(table: string): readonly string[] {
    const begin = keyOf(table, prefix)
    return [...this.#atWork.keys()].flatMap((key) => (key.startsWith(begin) ? key.slice(begin.length) : []))
  }

  find(table: string, route: string): Route | undefined {
    return this.#atWork.get(keyOf(table, route))
  }

  async subscribe(name: string, table: string, handler: SubscriptionHandler): Promise<Subscription> {
    const route = `${prefix}${name}`
    const key = keyOf(table, route)
    if (this.#atWork.has(key)) {
      throw new NacreError(
        'NACRE_CONFLICT',
        `'${name}' is subscribed to feed '${table}' already. Dispose that subscription, or choose another name.`,
      )
    }
    const stop = new AbortController()
    let handling: Promise<void> | undefined
    this.#atWork.set(key, {
      send: ({ notification }, signal) =>
        (handling = handler(notification, AbortSignal.any([signal, stop.signal]))),
    })
    await this.#database.transaction(async (transaction) => {
      await lockFeed(transaction, table)
      if (!(await addSubscriber(transaction, table, name))) return
      const newest = await latestExport(transaction, table)
      if (newest !== undefined) await addDelivery(transaction, newest, route)
    })
    const halt = async (): Promise<void> => {
      this.#atWork.delete(key)
      stop.abort()
      await handling?.catch(() => undefined) // whoever sends records the failure
    }
    return {
      [Symbol.asyncDispose]: halt,
      end: async () => {
        await halt()
        await this.#database.transaction(async (transaction) => {
          await lockFeed(transaction, table)
          await removeSubscriber(transaction, table, name)
          await skipRoute(transaction, table, route, 'the subscriber has ended', new Date(this.#clock.now()))
        })
      },
    }
  }
}

/** Routes of a table's durable subscribers, in whatever process they work. */
export async function subscriberRoutes(database: Queryable, table: string): Promise<readonly string[]> {
  const rows = await database.query<{ name: string }>(
    'select name from feed_subscriber where table_name = $1 order by name',
    [table],
  )
  return rows.map((row) => `${prefix}${row.name}`)
}

/** Held to the transaction's end by whoever adds deliveries of a table's snapshots, so that a new subscriber misses none. */
export async function lockFeed(transaction: Transaction, table: string): Promise<void> {
  await transaction.query(`select pg_advisory_xact_lock(hashtextextended('nacre feed ' || $1, 0))`, [table])
}

/** Whether the subscriber is new. */
async function addSubscriber(database: Queryable, table: string, name: string): Promise<boolean> {
  const rows = await database.query(
    'insert into feed_subscriber (table_name, name) values ($1, $2) on conflict do nothing returning name',
    [table, name],
  )
  return rows.length > 0
}

async function removeSubscriber(database: Queryable, table: string, name: string): Promise<void> {
  await database.query('delete from feed_subscriber where table_name = $1 and name = $2', [table, name])
}

function keyOf(table: string, route: string): string {
  return `${table} ${route}`
}
