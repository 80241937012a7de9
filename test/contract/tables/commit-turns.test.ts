import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../../src/base/index.ts'
import type { Database } from '../../../src/database/index.ts'
import { CommitTurns } from '../../../src/tables/commit/commit-turns.ts'
import { databases } from '../../support/databases.ts'

/** Takes a turn, says so, works a little, says so, and gives it back. */
async function work(turns: CommitTurns, tables: readonly string[], name: string, said: string[]) {
  await using _turn = await turns.take(tables)
  said.push(`${name} begins`)
  await sleep(5)
  said.push(`${name} ends`)
}

/** Whether each that began had ended before the next began. */
function areInARow(said: readonly string[]): boolean {
  return said.every((line, index) => index % 2 === 0 || line === said[index - 1]!.replace('begins', 'ends'))
}

for (const kind of databases) {
  suite(`turns of commits on ${kind.name}`, { skip: kind.skip }, () => {
    test('those of one table come one after the other, in order of call; others are not held up', async () => {
      await using database = await kind.open([])
      const turns = new CommitTurns(database, systemClock)
      assert.equal(turns.isTaken(['a']), false)
      const said: string[] = []
      const all = ['1', '2', '3', '4'].map((name) => work(turns, ['a'], name, said))
      assert.equal(turns.isTaken(['b', 'a']), true)
      await work(turns, ['b'], 'other', [])
      await Promise.all(all)
      assert.ok(areInARow(said), said.join())
      assert.deepEqual(
        said.filter((line) => line.endsWith('begins')),
        ['1 begins', '2 begins', '3 begins', '4 begins'],
      )
      assert.equal(turns.isTaken(['a']), false, 'nothing is kept of what is over')
    })

    test('several tables at once, named in any order, never wait for each other for ever', async () => {
      await using database = await kind.open([])
      const turns = new CommitTurns(database, systemClock)
      const said: string[] = []
      await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          work(turns, index % 2 === 0 ? ['a', 'b', 'a'] : ['b', 'a'], String(index), said),
        ),
      )
      assert.equal(said.length, 24)
      assert.ok(areInARow(said), said.join())
    })

    test('who waits too long goes on without', async () => {
      await using database = await kind.open([])
      const hasty = { now: () => 0, sleep: async () => {} }
      const turns = new CommitTurns(database, hasty)
      await using _held = await turns.take(['a'])
      await using _second = await turns.take(['a'])
      assert.ok(turns.isTaken(['a']))
    })
  })
}

const postgres = databases.find(({ name }) => name === 'postgres')!

suite('turns of commits among processes', { skip: postgres.skip }, () => {
  test('wait for each other in the database', async () => {
    await using database = await postgres.open([])
    const said: string[] = []
    await Promise.all(
      ['1', '2', '3'].map((name) => work(new CommitTurns(database, systemClock), ['a'], name, said)),
    )
    assert.equal(said.length, 6)
    assert.ok(areInARow(said), said.join())
  })

  test('a database that gives no lock holds up nobody', async () => {
    const gone: Database = {
      kind: 'postgres',
      query: () => Promise.reject(new Error('gone')),
      transaction: () => Promise.reject(new Error('gone')),
      [Symbol.asyncDispose]: async () => {},
    }
    const turns = new CommitTurns(gone, systemClock)
    const said: string[] = []
    await Promise.all([work(turns, ['a'], '1', said), work(turns, ['a'], '2', said)])
    assert.ok(areInARow(said), said.join())
  })
})
