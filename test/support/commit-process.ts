/**
 * One of several processes that commit to the same tables of one PostgreSQL and publish from it, until it is killed. It prints a
 * line after each commit of its own, and now and then when there is nothing left to commit. Arguments: database, folder of exports, URL of a webhook, last snapshot, tables.
 */
import { openDatabase } from '../../src/database/index.ts'
import { enqueueNotifications, webhook } from '../../src/publish/index.ts'
import { feedOf, openTestPublisher } from './feed-world.ts'

const [databaseUrl, folder, url, last, ...tables] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  ...string[],
]
const database = await openDatabase({ url: databaseUrl })
const feeds = tables.map((table) => feedOf([webhook({ url, secret: 's' })], table))
const publisher = await openTestPublisher(database, folder, feeds, { leaseMs: 1500, keepExports: 1000 })

/** As a catalog does: the table is locked, then its next snapshot is noted. */
async function commitNext(table: string): Promise<number | undefined> {
  return database.transaction(async (transaction) => {
    await transaction.query('select pg_advisory_xact_lock(hashtext($1))', [table])
    const [row] = await transaction.query<{ next: bigint }>(
      'select coalesce(max(sequence_number), 0) + 1 as next from feed_snapshot where table_name = $1',
      [table],
    )
    const next = Number(row!.next)
    if (next > Number(last)) return undefined
    await enqueueNotifications(transaction, feeds, [
      {
        table,
        tableUuid: `uuid-of-${table}`,
        snapshotId: String(next),
        sequenceNumber: next,
        summary: {},
        partitions: [],
        committedAt: new Date().toISOString(),
      },
    ])
    return next
  })
}

let isWorking = true
while (isWorking) {
  isWorking = false
  for (const table of tables) {
    const id = await commitNext(table)
    if (id === undefined) continue
    isWorking = true
    process.stdout.write(`${table} ${id}\n`)
    publisher.wake()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
// What is committed is published by whoever is left.
setInterval(() => {
  publisher.wake()
  process.stdout.write('idle\n')
}, 500)
