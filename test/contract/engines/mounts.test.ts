import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, test } from 'node:test'
import { openSandbox } from '../../../src/engines/index.ts'
import { sql } from '../../../src/sql/index.ts'
import { engines } from '../../support/engines.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { planOf, targetOf } from '../../support/write-target.ts'

for (const kind of engines)
  describe(`${kind.name} and files of a mount`, { skip: kind.skip }, () => {
    test('are written and read in its folder, and named by their URIs', async () => {
      await using folder = tempFolder()
      const mounts = [{ uri: 's3://nacre', folder: folder.path }]
      await using engine = await kind.open({ mounts })
      const target = {
        ...targetOf('', { id: 'long', kind: 'string' }, { partitionBy: ['identity(kind)'] }),
        dataLocation: 's3://nacre/test/rows/data',
      }
      const files = await engine.write(
        target,
        sql`select range as id, 'a' || range % 2 as kind from range(10)`,
      )
      for (const { path } of files) {
        assert.match(path, /^s3:\/\/nacre\/test\/rows\/data\/kind=a[01]\/[^/]+\.parquet$/)
        assert.ok(existsSync(path.replace('s3://nacre', folder.path)))
      }
      const plan = planOf(target, files)
      await engine.attach(plan)
      assert.deepEqual(await engine.rows('select sum(id) as ids from test.rows'), [{ ids: 45 }])

      await using sandbox = await openSandbox({ mounts })
      const { rows } = await sandbox.run({ plans: [plan], statement: 'select count(*) from test.rows' })
      assert.deepEqual(rows, [[10]])
    })

    test('that nothing holds are refused with what is missing', async () => {
      await using folder = tempFolder()
      await using engine = await kind.open({ mounts: [{ uri: 's3://nacre', folder: folder.path }] })
      for (const dataLocation of ['s3://nacre2/data', 's3://other/data', 'ftp://nacre/data']) {
        const target = { ...targetOf('', { id: 'long' }), dataLocation }
        await assert.rejects(engine.write(target, sql`select 1 as id`), {
          code: 'NACRE_INPUT',
          message: new RegExp(`cannot reach '${dataLocation}'`),
        })
      }
      const escaping = { ...targetOf('', { id: 'long' }), dataLocation: 's3://nacre/../data' }
      await assert.rejects(engine.write(escaping, sql`select 1 as id`), { code: 'NACRE_INPUT' })
    })
  })
