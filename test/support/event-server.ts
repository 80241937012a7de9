/** A process that takes events and lands them, for tests that kill it: `node event-server.ts <folder> <port>`. Says `ready` and the write key. */
import { writeFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { migrate, openDatabase } from '../../src/database/index.ts'
import { createCollector, createKeyRing, createWriteKey } from '../../src/events/index.ts'
import { eventWorldMigrations, openEventWorld } from './event-world.ts'

const [folder, port] = process.argv.slice(2) as [string, string]
const database = await openDatabase(
  process.env['NACRE_TEST_POSTGRES_URL'] === undefined
    ? { folder: join(folder, 'state') }
    : { url: process.env['NACRE_TEST_POSTGRES_URL'] },
)
await migrate(database, eventWorldMigrations)
const keyPath = join(folder, 'write-key')
const key = await readFile(keyPath, 'utf8').catch(async () => {
  const made = await createWriteKey(database, { name: `k${Date.now()}` })
  await writeFile(keyPath, made)
  return made
})
const world = await openEventWorld(folder, database)
const collector = createCollector({ log: world.log, keys: createKeyRing(database) })
await collector.listen({ port: Number(port) })
console.log(`ready ${key}`)
