import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  dayOf,
  migrations,
  type ChangePlan,
  type DataFile,
  type TableChange,
} from '../../../src/tables/index.ts'
import { databases } from '../../support/databases.ts'
import { define, fakeFile, tempCatalog, type TempCatalog } from '../../support/temp-catalog.ts'

const rows = define('events.rows', { columns: { at: 'date', n: 'int' }, partitionBy: [dayOf('at')] })
const day = (date: string) => ({ at_day: date })

for (const kind of databases)
  describe(`changes on ${kind.name}`, { skip: kind.skip }, () => {
    const commit = async (
      { catalog }: TempCatalog,
      change: Record<string, unknown>,
      summary = {},
    ): Promise<string> => {
      const [committed] = await catalog.commit([{ table: rows.name, ...change } as unknown as TableChange], {
        summary,
      })
      return committed!.snapshotId
    }
    const fileOf = async (world: TempCatalog, date: string): Promise<DataFile> => {
      const { dataLocation } = await world.catalog.planWrite(rows.name)
      return fakeFile(world.store, dataLocation, day(date))
    }
    const paths = (plan: ChangePlan): unknown =>
      plan.kind === 'appended' ? plan.plan.files.map(({ path }) => path).toSorted() : plan.partitions

    test('appended files, each once, whatever was compacted', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { catalog } = world
      await catalog.ensureTable(rows)
      const nothing = await catalog.planChanges(rows.name, { after: null, onOverwrite: 'fail' })
      assert.deepEqual([nothing.upTo, paths(nothing)], [null, []])
      const files = await Promise.all(
        ['2026-01-05', '2026-01-05', '2026-01-06'].map((date) => fileOf(world, date)),
      )
      const ids: string[] = []
      for (const file of files) ids.push(await commit(world, { kind: 'append', files: [file] }))
      const compacted = await commit(world, {
        kind: 'rewrite',
        basedOn: ids[2],
        removes: [files[0]!.path, files[1]!.path],
        files: [{ ...(await fileOf(world, '2026-01-05')), rowCount: 2 }],
      })
      const late = await fileOf(world, '2026-01-05')
      const last = await commit(world, { kind: 'append', files: [late] })

      const since = (after: string | null, upTo?: string) =>
        catalog.planChanges(rows.name, {
          after,
          onOverwrite: 'fail',
          ...(upTo === undefined ? {} : { upTo }),
        })
      assert.deepEqual(
        paths(await since(ids[0]!)),
        [files[1]!, files[2]!, late].map(({ path }) => path).toSorted(),
      )
      assert.deepEqual(paths(await since(ids[0]!, ids[1])), [files[1]!.path])
      assert.deepEqual(paths(await since(ids[2]!, compacted)), [])
      assert.deepEqual(paths(await since(last)), [])
      assert.equal((await since(ids[0]!)).upTo, last)
      assert.equal((paths(await since(null)) as unknown[]).length, 3, 'from nothing: what there is')
      await assert.rejects(since('12345'), { code: 'NACRE_NOT_FOUND', message: /Read the whole table anew/ })
      await assert.rejects(since(last, ids[0]), { code: 'NACRE_NOT_FOUND' })
    })

    test('overwritten rows by the policy asked for', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { catalog } = world
      await catalog.ensureTable(rows)
      const dates = ['2026-01-05', '2026-01-06', '2026-01-07']
      const first = await Promise.all(dates.map((date) => fileOf(world, date)))
      const start = await commit(world, { kind: 'append', files: first })
      const forgotten = await commit(
        world,
        { kind: 'delete-rows', basedOn: start, removes: [first[0]!.path], files: [] },
        { 'nacre.reason': 'erasure' },
      )
      const more = await fileOf(world, '2026-01-07')
      await commit(world, { kind: 'append', files: [more] })
      const since = (after: string, onOverwrite: 'fail' | 'skip-erasures' | 'partitions') =>
        catalog.planChanges(rows.name, { after, onOverwrite })
      await assert.rejects(since(start, 'fail'), { code: 'NACRE_CONFLICT', message: new RegExp(forgotten) })
      assert.deepEqual(paths(await since(start, 'skip-erasures')), [more.path])
      assert.deepEqual(paths(await since(forgotten, 'fail')), [more.path])
      assert.deepEqual(paths(await since(start, 'partitions')), [day('2026-01-05'), day('2026-01-07')])
      assert.deepEqual(paths(await since(forgotten, 'partitions')), [more.path])
      await commit(world, {
        kind: 'overwrite-partitions',
        partitions: [day('2026-01-06')],
        files: [await fileOf(world, '2026-01-06')],
      })
      await assert.rejects(since(start, 'skip-erasures'), { code: 'NACRE_CONFLICT' })
      assert.deepEqual(paths(await since(forgotten, 'partitions')), [day('2026-01-06'), day('2026-01-07')])
    })

    test('are kept for registered readers', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { catalog } = world
      await catalog.ensureTable(rows)
      const ids: string[] = []
      for (const date of ['2026-01-05', '2026-01-06', '2026-01-07'])
        ids.push(await commit(world, { kind: 'append', files: [await fileOf(world, date)] }))
      const at = (snapshotId: string, expiresAt: string | null = null) => ({
        reader: 'billing',
        snapshotId,
        expiresAt,
      })
      await catalog.registerReader(rows.name, at(ids[0]!))
      await catalog.registerReader(rows.name, at(ids[1]!))
      await catalog.registerReader(rows.name, { ...at(ids[0]!, '2020-01-01T00:00:00.000Z'), reader: 'gone' })
      assert.deepEqual(await catalog.readers(rows.name), [at(ids[1]!)])
      await assert.rejects(catalog.registerReader(rows.name, at('77')), { code: 'NACRE_NOT_FOUND' })
      await catalog.dropReader(rows.name, 'billing')
      assert.deepEqual(await catalog.readers(rows.name), [])
      const lease = { ...at(ids[1]!, '2999-01-01T00:00:00.000Z'), reader: 'attempt 1' }
      await catalog.registerReader(rows.name, lease)
      assert.deepEqual(await catalog.readers(rows.name), [lease])
    })
  })
