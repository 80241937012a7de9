import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { joinSql, sql } from '../../../src/sql/index.ts'
import { engines } from '../../support/engines.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { planOf, schemaOf, targetOf } from '../../support/write-target.ts'

for (const kind of engines) {
  describe(`${kind.name} queries`, { skip: kind.skip }, () => {
    test('values as plain ones', async () => {
      await using engine = await kind.open()
      const { columns, batches } =
        await engine.query(`select 1::bigint as a, 9007199254740993 as b, 1.50::decimal(9,2) as c,
        date '2026-01-05' as d, timestamp '2026-01-05 10:00:00' as e, timestamptz '2026-01-05 10:00:00.000001+01' as f, true as g,
        [1, null] as h, {x: 1, y: 'z'} as i, map {'k': 1} as j, null as k, sum(1) as l, 0.5::double as m, interval 1 day as n, 1 as a`)
      assert.deepEqual(columns.slice(0, 4), [
        { name: 'a', type: 'BIGINT' },
        { name: 'b', type: 'BIGINT' },
        { name: 'c', type: 'DECIMAL(9,2)' },
        { name: 'd', type: 'DATE' },
      ])
      assert.deepEqual(await Array.fromAsync(batches), [
        [
          {
            a: 1,
            b: 9007199254740993n,
            c: '1.50',
            d: '2026-01-05',
            e: '2026-01-05T10:00:00.000Z',
            f: '2026-01-05T09:00:00.000001Z',
            g: true,
            h: [1, null],
            i: { x: 1, y: 'z' },
            j: { k: 1 },
            k: null,
            l: 1,
            m: 0.5,
            n: '1 day',
            'a:1': 1,
          },
        ],
      ])
    })

    test('with bound values of every kind', async () => {
      await using engine = await kind.open()
      const at = new Date('2026-01-05T10:00:00.123Z')
      const [row] =
        await engine.rows(sql`select ${"it's"} as text, ${1} + ${2.5} as number, ${2n ** 62n} as big, ${true} as flag,
        ${null} as nothing, ${at} as moment, date '2026-01-05' = ${'2026-01-05'} as day, 3 = any(${[1, 2.5, 3]}) as listed,
        5 in (${joinSql([4, 5])}) as joined, 'x' = any(${[]}) as empty, ${2 ** 40} as long`)
      assert.deepEqual(row, {
        text: "it's",
        number: 3.5,
        big: 2n ** 62n,
        flag: true,
        nothing: null,
        moment: '2026-01-05T10:00:00.123Z',
        day: true,
        listed: true,
        joined: true,
        empty: false,
        long: 2 ** 40,
      })
      await assert.rejects(engine.rows(sql`select ${[1, 'a']}`), {
        code: 'NACRE_INPUT',
        message: /mixes INTEGER and VARCHAR/,
      })
    })

    test('in batches, several at once, one left early', async () => {
      await using engine = await kind.open()
      const first = await engine.query('select range as n from range(10000000)')
      const second = await engine.query(sql`select range as n from range(${5000})`)
      for await (const batch of first.batches) {
        assert.ok(batch.length <= 10_000)
        break
      }
      const batches = await Array.fromAsync(second.batches)
      assert.deepEqual(
        batches.flat().map(({ n }) => n),
        Array.from({ length: 5000 }, (_, n) => n),
      )
      assert.ok(batches.length > 1)
    })

    test('until they are cancelled, leaving others alone', async () => {
      await using engine = await kind.open()
      const endless =
        'select count(*) from range(10000000000) a, range(1000000) b where hash(a.range + b.range) = 1'
      const stop = new AbortController()
      const cancelled = engine.rows(endless, { signal: stop.signal })
      setTimeout(() => stop.abort(), 50)
      await assert.rejects(cancelled, { code: 'NACRE_CANCELLED' })
      await assert.rejects(engine.rows('select 1', { signal: AbortSignal.abort() }), {
        code: 'NACRE_CANCELLED',
      })
      assert.deepEqual(await engine.rows('select 1 as one'), [{ one: 1 }])
    })

    test('until the engine is closed', async () => {
      const engine = await kind.open()
      const running = engine.rows(
        'select count(*) from range(10000000000) a, range(1000000) b where hash(a.range + b.range) = 1',
      )
      const failed = assert.rejects(running, { code: 'NACRE_CANCELLED' })
      await engine[Symbol.asyncDispose]()
      await failed
      await assert.rejects(engine.rows('select 1'), { code: 'NACRE_CANCELLED' })
    })

    test('and reports what is wrong with the statement', async () => {
      await using engine = await kind.open()
      await assert.rejects(engine.rows('select nothing from nowhere'), {
        code: 'NACRE_SQL',
        message: /nowhere does not exist[^]*Statement: select nothing from nowhere/,
      })
    })

    test('cannot load extensions', async () => {
      await using engine = await kind.open()
      await assert.rejects(engine.rows('load spatial'), { code: 'NACRE_SQL' })
    })
  })

  describe(`${kind.name} attaches rows`, { skip: kind.skip }, () => {
    test('with the types of the schema, missing values null, and replaces them', async () => {
      await using engine = await kind.open()
      const schema = schemaOf({
        id: 'long',
        at: 'timestamptz',
        payload: 'string',
        ratio: 'double',
        amount: 'decimal(9,2)',
      })
      await engine.attachRows('events.clicks', { schema }, [{ id: 1 }])
      await engine.attachRows('events.clicks', { schema }, [
        { id: 2n ** 60n, at: new Date(0), payload: { nested: [1, 'é'] }, ratio: Number.NaN, amount: 1.5 },
        { at: '2026-01-05T10:00:00+02:00', payload: 'text', ratio: -Infinity, amount: '2.25' },
        {},
      ])
      assert.deepEqual(await engine.rows('select * from events.clicks'), [
        {
          id: 2n ** 60n,
          at: '1970-01-01T00:00:00.000Z',
          payload: '{"nested":[1,"é"]}',
          ratio: Number.NaN,
          amount: '1.50',
        },
        { id: null, at: '2026-01-05T08:00:00.000Z', payload: 'text', ratio: -Infinity, amount: '2.25' },
        { id: null, at: null, payload: null, ratio: null, amount: null },
      ])
      await engine.attachRows('events.clicks', { schema }, [])
      assert.deepEqual(await engine.rows('select count(*) as n from events.clicks'), [{ n: 0 }])
    })

    test('as one name whatever it was before', async () => {
      await using folder = tempFolder()
      await using engine = await kind.open()
      const target = targetOf(folder.path, { id: 'int' })
      await engine.attachRows(target.table, target, [{ id: 1 }])
      const files = await engine.write(target, sql`select id + 1 as id from test.rows`)
      await engine.attach(planOf(target, files))
      assert.deepEqual(await engine.rows('select * from test.rows'), [{ id: 2 }])
      await engine.attachRows(target.table, target, [{ id: 3 }])
      assert.deepEqual(await engine.rows('select * from test.rows'), [{ id: 3 }])
    })

    test('of a size beyond the usual', async () => {
      await using engine = await kind.open({ memoryBytes: 256 * 1024 ** 2 })
      const schema = schemaOf({ id: 'long', text: 'string' })
      const long = 'é'.repeat(3_000_000)
      await engine.attachRows('big', { schema }, [
        ...Array.from({ length: 50_000 }, (_, id) => ({ id })),
        { id: -1, text: long },
      ])
      assert.deepEqual(await engine.rows('select count(*) as n, max(length(text)) as longest from big'), [
        { n: 50_001, longest: long.length },
      ])
    })

    test('and refuses columns that the schema has not, and values of another type', async () => {
      await using engine = await kind.open()
      const schema = schemaOf({ id: 'long' })
      await assert.rejects(engine.attachRows('x', { schema }, [{ id: 1 }, { ID: 1 }]), {
        code: 'NACRE_INPUT',
        message: /'ID'.*id/,
      })
      await assert.rejects(engine.attachRows('x', { schema }, [{ id: 'one' }]), {
        code: 'NACRE_SQL',
        message: /one/,
      })
    })
  })
}
