import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { migrations, type Schema } from '../../../src/tables/index.ts'
import { databases } from '../../support/databases.ts'
import { tempCatalog } from '../../support/temp-catalog.ts'

const schema: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [{ id: 1, name: 'id', required: true, type: 'long' }],
}

for (const kind of databases) {
  describe(`Iceberg views on ${kind.name}`, { skip: kind.skip }, () => {
    test('views are made, changed, renamed and dropped; they share names with tables', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { iceberg } = world.catalog
      await iceberg.createNamespace(['a'], {})
      await iceberg.createTable({ name: 'a.t', schema })
      const version = (sql: string, more: object = {}) => ({
        'version-id': 1,
        'schema-id': 0,
        'timestamp-ms': 5,
        summary: { engine: 'spark' },
        representations: [{ type: 'sql', sql, dialect: 'spark' }],
        'default-namespace': ['a'],
        ...more,
      })
      const request = { schema, 'view-version': version('select 1'), properties: { k: 'v' } }
      const made = await iceberg.createView('a.v', request)
      const uuid = made.metadata['view-uuid']
      assert.equal(made.metadata['current-version-id'], 1)
      assert.deepEqual(await iceberg.loadView('a.v'), made)
      const change = (updates: object[], requirements: object[] = [{ type: 'assert-view-uuid', uuid }]) =>
        iceberg.commitView('a.v', { requirements, updates })
      const second = await change([
        { action: 'add-schema', schema: { type: 'struct', fields: [] } },
        { action: 'add-view-version', 'view-version': version('select 2', { 'schema-id': -1 }) },
        { action: 'set-current-view-version', 'view-version-id': -1 },
        { action: 'set-properties', updates: { l: 'w' } },
        { action: 'remove-properties', removals: ['k'] },
      ])
      assert.equal(second.metadata['current-version-id'], 2)
      assert.deepEqual(second.metadata['properties'], { l: 'w' })
      assert.equal((second.metadata['version-log'] as unknown[]).length, 2)
      const again = await change([
        { action: 'add-view-version', 'view-version': version('select 1', { 'version-id': 9 }) },
        { action: 'set-current-view-version', 'view-version-id': -1 },
      ])
      assert.equal(again.metadata['current-version-id'], 1, 'the same content is the same version')
      const wrong: readonly (readonly [object, object[], object[]?])[] = [
        [
          { code: 'NACRE_COMMIT_CONFLICT' },
          [],
          [{ type: 'assert-view-uuid', uuid: '11111111-1111-1111-1111-111111111111' }],
        ],
        [{ code: 'NACRE_INPUT', message: /requirement 'assert-create'/ }, [], [{ type: 'assert-create' }]],
        [{ message: /update 'add-snapshot'/ }, [{ action: 'add-snapshot' }]],
        [{ message: /has no version 7/ }, [{ action: 'set-current-view-version', 'view-version-id': 7 }]],
        [
          { message: /names schema 5/ },
          [{ action: 'add-view-version', 'view-version': version('x', { 'schema-id': 5 }) }],
        ],
        [
          { message: /no representation/ },
          [{ action: 'add-view-version', 'view-version': version('x', { representations: [] }) }],
        ],
        [{ message: /is not inside/ }, [{ action: 'set-location', location: 'file:///etc/v' }]],
        [
          { message: /cannot become/ },
          [{ action: 'assign-uuid', uuid: '11111111-1111-1111-1111-111111111111' }],
        ],
      ]
      for (const [error, updates, requirements] of wrong)
        await assert.rejects(change(updates, requirements), error)
      await Promise.all(
        ['x', 'y', 'z'].map((key) => change([{ action: 'set-properties', updates: { [key]: '1' } }])),
      )
      assert.deepEqual((await iceberg.loadView('a.v')).metadata['properties'], {
        l: 'w',
        x: '1',
        y: '1',
        z: '1',
      })
      const taken = { code: 'NACRE_CONFLICT' }
      await assert.rejects(iceberg.createView('a.v', request), taken)
      await assert.rejects(iceberg.createView('a.t', request), taken)
      await assert.rejects(iceberg.createTable({ name: 'a.v', schema }), taken)
      await assert.rejects(iceberg.renameTable('a.t', 'a.v'), taken)
      await assert.rejects(iceberg.renameView('a.v', 'a.t'), taken)
      const unlike = { code: 'NACRE_CONFLICT', message: /by upper and lower case alone/ }
      await assert.rejects(iceberg.createTable({ name: 'a.T', schema }), unlike)
      await assert.rejects(iceberg.createTable({ name: 'A.t', schema }), { code: 'NACRE_NOT_FOUND' })
      await iceberg.createNamespace(['A'], {})
      await assert.rejects(iceberg.createTable({ name: 'A.t', schema }), unlike)
      await assert.rejects(iceberg.createView('a.V', request), unlike)
      await assert.rejects(iceberg.renameTable('a.t', 'A.v'), unlike)
      await assert.rejects(iceberg.renameView('a.v', 'A.t'), unlike)
      const inTable = { ...request, location: `${world.warehouse}/a/t/v` }
      await assert.rejects(iceberg.createView('a.x', inTable), { message: /table 'a.t' lies at/ })
      await assert.rejects(change([{ action: 'set-location', location: `${world.warehouse}/a/t` }]), taken)
      await assert.rejects(iceberg.createView('no.v', request), { code: 'NACRE_NOT_FOUND' })
      await iceberg.renameView('a.v', 'a.w')
      assert.deepEqual(await iceberg.listViews(['a'], { limit: 1 }), { names: ['a.w'], next: null })
      const { metadataLocation } = await iceberg.loadView('a.w')
      await assert.rejects(iceberg.registerView('a.x', metadataLocation), {
        message: /view 'a.w' has the uuid/,
      })
      await assert.rejects(iceberg.registerView('a.t', metadataLocation), taken)
      await assert.rejects(iceberg.registerView('a.w', metadataLocation), taken)
      await iceberg.dropView('a.w')
      await assert.rejects(iceberg.registerView('no.v', metadataLocation), { code: 'NACRE_NOT_FOUND' })
      await assert.rejects(iceberg.registerView('a.x', `${metadataLocation}x`), { code: 'NACRE_NOT_FOUND' })
      await assert.rejects(iceberg.registerView('a.x', 'file:///etc/passwd'), { code: 'NACRE_INPUT' })
      const registered = await iceberg.registerView('a.x', metadataLocation)
      assert.deepEqual(await iceberg.loadView('a.x'), registered)
      assert.equal(registered.metadata['view-uuid'], uuid)
      await iceberg.dropView('a.x')
      const absent = { code: 'NACRE_NOT_FOUND', details: { subject: 'View', view: 'a.w' } }
      await assert.rejects(iceberg.loadView('a.w'), absent)
      await assert.rejects(iceberg.dropView('a.w'), absent)
      await assert.rejects(iceberg.renameView('a.w', 'a.x'), absent)
    })
  })
}
