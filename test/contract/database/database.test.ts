import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isUniqueViolation, migrate } from '../../../src/database/index.ts'
import { databases } from '../../support/databases.ts'

const migrations = [
  {
    name: 'test-0001-thing',
    sql: 'create table thing (id bigint primary key, note text);\ncreate index on thing (note)',
  },
]

for (const kind of databases) {
  describe(`database: ${kind.name}`, { skip: kind.skip }, () => {
    test('gives the same JavaScript types everywhere', async () => {
      await using database = await kind.open([])
      const [row] = await database.query(
        `select 9007199254740993::bigint as big, '2026-01-05'::date as day, 1.50::numeric as amount, true as flag,
          '2026-01-05T10:00:00Z'::timestamptz as at, '{"a":[1]}'::jsonb as document, '\\x0102'::bytea as bytes,
          $1::text as text, $2::bigint as bound, $3::text[] as list, $4::jsonb as given, 7::int as small`,
        ['é', 5n, ['x', 'y'], '{"b":2}'],
      )
      assert.ok(row)
      assert.deepEqual(
        { ...row, bytes: [...(row['bytes'] as Uint8Array)] },
        {
          big: 9007199254740993n,
          day: '2026-01-05',
          amount: '1.50',
          flag: true,
          at: new Date('2026-01-05T10:00:00Z'),
          document: { a: [1] },
          bytes: [1, 2],
          text: 'é',
          bound: 5n,
          list: ['x', 'y'],
          given: { b: 2 },
          small: 7,
        },
      )
    })

    test('a transaction that throws leaves nothing', async () => {
      await using database = await kind.open(migrations)
      await assert.rejects(
        database.transaction(async (transaction) => {
          await transaction.query('insert into thing values (1)')
          throw new Error('stop')
        }),
        /stop/,
      )
      assert.deepEqual(await database.query('select * from thing'), [])
    })

    test('a second row of the same key is a unique violation', async () => {
      await using database = await kind.open(migrations)
      await database.query('insert into thing values (1)')
      await assert.rejects(database.query('insert into thing values (1)'), (error) =>
        isUniqueViolation(error, 'thing_pkey'),
      )
    })

    test('migrations run once, and an edited one is refused', async () => {
      await using database = await kind.open(migrations)
      await migrate(database, migrations)
      await assert.rejects(
        migrate(database, [{ name: 'test-0001-thing', sql: 'select 1' }]),
        /was applied with other text/,
      )
    })
  })
}
