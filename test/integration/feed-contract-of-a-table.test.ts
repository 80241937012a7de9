import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { openEngine } from '../../src/engines/index.ts'
import {
  checkFeedContract,
  enqueueNotifications,
  publishMigrations,
  rowsSource,
  type FeedManifest,
} from '../../src/publish/index.ts'
import { sql } from '../../src/sql/index.ts'
import { fileUriOfPath, openFileStore } from '../../src/storage/index.ts'
import { avroSchemaOf, migrations, openCatalog } from '../../src/tables/index.ts'
import { databases } from '../support/databases.ts'
import { eventually, feedOf, openTestPublisher } from '../support/feed-world.ts'
import { define } from '../support/temp-catalog.ts'
import { tempFolder } from '../support/temp-folder.ts'

const name = 'home.shelves'
const columns = { reader: 'string', books: 'int' } as const

for (const kind of databases) {
  suite(`a feed's contract on ${kind.name}`, { skip: kind.skip }, () => {
    test('a definition that breaks it is refused before anything is written, until a new version is declared', async () => {
      await using folder = tempFolder()
      await using database = await kind.open([...migrations, ...publishMigrations])
      const warehouse = fileUriOfPath(folder.path)
      let feed: FeedManifest = feedOf([], name)
      const catalog = openCatalog({
        database,
        store: openFileStore(warehouse),
        warehouse,
        onCommit: (transaction, committed) => enqueueNotifications(transaction, [feed], committed),
        onSchemaChange: (change) => checkFeedContract(database, [feed], change),
      })
      await using publisher = await openTestPublisher(database, folder.path, [], {
        feeds: () => [feed],
        schemaOf: async (table, snapshotId) =>
          avroSchemaOf((await catalog.planScan(table, { snapshotId })).schema, table),
        openSource: () => rowsSource(async function* () {}),
      })
      await using engine = await openEngine({ name: 'duckdb', threads: 1 })
      const append = async (): Promise<string> => {
        const target = await catalog.planWrite(name)
        await engine.attachRows('given', target, [{ reader: 'a', books: 1 }])
        const files = await engine.write(target, sql`select * from ${{ kind: 'table-ref', name: 'given' }}`)
        const [committed] = await catalog.commit([{ kind: 'append', table: name, files }])
        publisher.wake()
        return committed!.snapshotId
      }
      const version = async (): Promise<string | undefined> =>
        (await publisher.feed(name)).contract.versions[0]?.version
      const published = (snapshotId: string): Promise<void> =>
        eventually(
          async () => (await publisher.listFeeds())[0]!.latest?.snapshotId === snapshotId,
          'it is published',
        )

      await catalog.ensureTable(define(name, { columns }))
      await published(await append())
      assert.equal(await version(), '1.0')

      const widened = define(name, { columns: { ...columns, books: 'long' } })
      await assert.rejects(catalog.ensureTable(widened), {
        code: 'NACRE_CONFLICT',
        message:
          /Field 'books' was widened from int to long: consumers expect int\.[^]*contract: \{ version: 2 \}/,
      })
      const type = async (): Promise<unknown> =>
        (await catalog.table(name)).schema.fields.find((field) => field.name === 'books')!.type
      assert.equal(await type(), 'int', 'nothing has changed')

      await catalog.ensureTable(define(name, { columns: { ...columns, reason: 'string' } }))
      await published(await append())
      assert.equal(await version(), '1.1')

      feed = feedOf([], name, { contract: { compatibility: 'full', version: 2 } })
      await catalog.ensureTable(widened)
      assert.equal(await type(), 'long')
      await published(await append())
      assert.equal(await version(), '2.0')
    })
  })
}
