/**
 * A process that commits snapshots of a feed, one after the other, and publishes them, until it is killed. It prints a line
 * `committed <n>` behind each commit. Arguments: folder of state and exports, URL of a webhook, first snapshot, last snapshot.
 */
import { join } from 'node:path'
import { migrate, openDatabase } from '../../src/database/index.ts'
import { publishMigrations, webhook } from '../../src/publish/index.ts'
import { commitSnapshot, feedOf, openTestPublisher } from './feed-world.ts'

const [folder, url, first, last] = process.argv.slice(2) as [string, string, string, string]
const database = await openDatabase({ folder: join(folder, 'state') })
await migrate(database, publishMigrations)
const feeds = [feedOf([webhook({ url, secret: 's' })])]
const publisher = await openTestPublisher(database, folder, feeds)
for (let id = Number(first); id <= Number(last); id++) {
  await commitSnapshot(database, feeds, String(id))
  process.stdout.write(`committed ${id}\n`)
  publisher.wake()
}
