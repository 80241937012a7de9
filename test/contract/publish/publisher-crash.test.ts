import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLog } from '../../../src/base/index.ts'
import type { Database, Queryable, Transaction } from '../../../src/database/index.ts'
import { publishMigrations, webhook, type Notification } from '../../../src/publish/index.ts'
import { openPublisher } from '../../../src/publish/publisher.ts'
import { rowsSource } from '../../../src/publish/export-source.ts'
import { databases } from '../../support/databases.ts'
import { commitSnapshot, eventually, feedOf, shelfRows, shelfSchema } from '../../support/feed-world.ts'
import { tempFolder } from '../../support/temp-folder.ts'

/** A life that ends after so many steps: each later one fails, as if the process were no more. */
class Life {
  #left: number
  readonly #onEnd = Promise.withResolvers<void>()
  readonly ended: Promise<void> = this.#onEnd.promise

  constructor(steps: number) {
    this.#left = steps
  }

  get isOver(): boolean {
    return this.#left < 0
  }

  step(): void {
    if (--this.#left >= 0) return
    this.#onEnd.resolve()
    throw new Error('The process is no more.')
  }
}

/** The same database for a process that dies before or behind any of its statements. */
function mortalDatabase(database: Database, life: Life): Database {
  const mortal = <Kind extends Queryable>(queryable: Kind): Kind => ({
    ...queryable,
    async query(text: string, parameters?: Parameters<Queryable['query']>[1]) {
      life.step()
      const rows = await queryable.query(text, parameters)
      life.step()
      return rows
    },
  })
  return {
    kind: database.kind,
    ...mortal<Queryable>({ query: (text, parameters) => database.query(text, parameters) }),
    async transaction(work) {
      const result = await database.transaction((transaction) => {
        const queryable = { query: (text: string, parameters?: never) => transaction.query(text, parameters) }
        return work(mortal(queryable as unknown as Transaction))
      })
      life.step()
      return result
    },
    [Symbol.asyncDispose]: async () => undefined,
  } as Database
}

test('wherever a publisher dies, each snapshot is told at least once, in order, and none is invented', async () => {
  await using folder = tempFolder()
  await using database = await databases[0]!.open(publishMigrations)
  const snapshots = ['1', '2', '3']
  let deaths = 0
  for (let steps = 0, isThrough = false; !isThrough; steps++) {
    const table = `home.t${steps}`
    const feed = feedOf([webhook({ url: 'http://receiver.test/', secret: 's' })], table)
    const told: string[] = []
    const open = (life: Life) =>
      openPublisher(
        {
          database: mortalDatabase(database, life),
          exportFolder: join(folder.path, 'feeds'),
          publicUrl: () => 'http://nacre.test',
          feeds: () => [feed],
          openSource(_table, snapshotId) {
            life.step()
            return rowsSource(async function* () {
              life.step()
              yield shelfRows(snapshotId)
            })
          },
          schemaOf: async () => shelfSchema,
          retry: { minMs: 1, maxMs: 2 },
          pollMs: 20,
        },
        {
          log: silentLog,
          async fetch(_url, init) {
            life.step()
            told.push((JSON.parse(init!.body as string) as Notification).data.snapshotId)
            life.step() // it was sent, and nobody knows
            return new Response(null, { status: 204 })
          },
        },
      )
    for (const id of snapshots) await commitSnapshot(database, [feed], id, table)
    const life = new Life(steps)
    {
      await using _first = await open(life)
      await Promise.race([life.ended, eventually(() => told.at(-1) === '3', 'all is told')])
    }
    isThrough = !life.isOver && steps > 20
    deaths += life.isOver ? 1 : 0
    {
      await using second = await open(new Life(Infinity))
      await eventually(
        async () => (await second.listFeeds())[0]!.state === 'ready',
        `life ${steps} is made good`,
      )
      assert.equal((await second.listFeeds())[0]!.routes[0]!.delivered, 3)
    }
    assert.deepEqual([...new Set(told)], snapshots, `after death at step ${steps}`)
    assert.deepEqual((await readdir(join(folder.path, 'feeds', table))).toSorted(), snapshots)
  }
  assert.ok(deaths > 40, `only ${deaths} deaths were tried`)
})
