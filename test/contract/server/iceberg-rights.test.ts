import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import {
  icebergServer,
  type Body,
  type IcebergRequest,
  type IcebergServer,
} from '../../support/iceberg-server.ts'
import { foreignAppend } from '../../support/foreign-snapshot.ts'
import { fakeFile } from '../../support/temp-catalog.ts'

const schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [{ id: 1, name: 'n', required: false, type: 'long' }],
}
const view = {
  schema,
  'view-version': {
    'version-id': 1,
    'timestamp-ms': 1,
    'schema-id': 0,
    summary: {},
    representations: [{ type: 'sql', sql: 'select 1 as n', dialect: 'duckdb' }],
    'default-namespace': ['red'],
  },
  properties: {},
}

/** Who may call an endpoint on what is team red's: everybody, who may change what is red's, or admins. */
type Allowed = 'all' | 'red' | 'admin'

interface Case {
  readonly allowed: Allowed
  /** Path and body in a namespace `{ns}` of team red that holds a table `t` and a view `v`. */
  readonly path: string
  readonly body?: (ns: string) => unknown
}

const id = (ns: string, name: string): object => ({ namespace: [ns], name })
const setProperty = { action: 'set-properties', updates: { a: 'b' } }

/** Every endpoint that the catalog says it serves. */
const cases: Readonly<Record<string, Case>> = {
  'GET namespaces': { allowed: 'all', path: 'namespaces' },
  'POST namespaces': { allowed: 'red', path: 'namespaces', body: (ns) => ({ namespace: [ns, 'child'] }) },
  'GET namespaces/{namespace}': { allowed: 'all', path: 'namespaces/{ns}' },
  'HEAD namespaces/{namespace}': { allowed: 'all', path: 'namespaces/{ns}' },
  'DELETE namespaces/{namespace}': { allowed: 'red', path: 'namespaces/{ns}%1Fempty' },
  'POST namespaces/{namespace}/properties': {
    allowed: 'red',
    path: 'namespaces/{ns}/properties',
    body: () => ({ updates: { a: 'b' } }),
  },
  'GET namespaces/{namespace}/tables': { allowed: 'all', path: 'namespaces/{ns}/tables' },
  'POST namespaces/{namespace}/tables': {
    allowed: 'red',
    path: 'namespaces/{ns}/tables',
    body: () => ({ name: 'made', schema }),
  },
  'POST namespaces/{namespace}/register': {
    allowed: 'admin',
    path: 'namespaces/{ns}/register',
    body: () => ({ name: 'registered', 'metadata-location': 'METADATA' }),
  },
  'GET namespaces/{namespace}/tables/{table}': { allowed: 'all', path: 'namespaces/{ns}/tables/t' },
  'HEAD namespaces/{namespace}/tables/{table}': { allowed: 'all', path: 'namespaces/{ns}/tables/t' },
  'POST namespaces/{namespace}/tables/{table}': {
    allowed: 'red',
    path: 'namespaces/{ns}/tables/t',
    body: () => ({ requirements: [], updates: [setProperty] }),
  },
  'DELETE namespaces/{namespace}/tables/{table}': { allowed: 'red', path: 'namespaces/{ns}/tables/t' },
  'GET namespaces/{namespace}/tables/{table}/credentials': {
    allowed: 'all',
    path: 'namespaces/{ns}/tables/t/credentials',
  },
  'POST namespaces/{namespace}/tables/{table}/metrics': {
    allowed: 'all',
    path: 'namespaces/{ns}/tables/t/metrics',
    body: () => ({ 'report-type': 'scan-report' }),
  },
  'POST tables/rename': {
    allowed: 'red',
    path: 'tables/rename',
    body: (ns) => ({ source: id(ns, 't'), destination: id(ns, 'renamed') }),
  },
  'POST transactions/commit': {
    allowed: 'red',
    path: 'transactions/commit',
    body: (ns) => ({
      'table-changes': [{ identifier: id(ns, 't'), requirements: [], updates: [setProperty] }],
    }),
  },
  'GET namespaces/{namespace}/views': { allowed: 'all', path: 'namespaces/{ns}/views' },
  'POST namespaces/{namespace}/views': {
    allowed: 'red',
    path: 'namespaces/{ns}/views',
    body: () => ({ name: 'made', ...view }),
  },
  'POST namespaces/{namespace}/register-view': {
    allowed: 'admin',
    path: 'namespaces/{ns}/register-view',
    body: () => ({ name: 'registered', 'metadata-location': 'VIEW' }),
  },
  'GET namespaces/{namespace}/views/{view}': { allowed: 'all', path: 'namespaces/{ns}/views/v' },
  'HEAD namespaces/{namespace}/views/{view}': { allowed: 'all', path: 'namespaces/{ns}/views/v' },
  'POST namespaces/{namespace}/views/{view}': {
    allowed: 'red',
    path: 'namespaces/{ns}/views/v',
    body: () => ({ requirements: [], updates: [setProperty] }),
  },
  'DELETE namespaces/{namespace}/views/{view}': { allowed: 'red', path: 'namespaces/{ns}/views/v' },
  'POST views/rename': {
    allowed: 'red',
    path: 'views/rename',
    body: (ns) => ({ source: id(ns, 'v'), destination: id(ns, 'renamed') }),
  },
}

describe('who may do what in the Iceberg catalog', () => {
  let iceberg: IcebergServer
  const tokens: Record<string, string> = {}
  before(async () => {
    iceberg = await icebergServer()
    tokens['viewer'] = await iceberg.tokenOf('viewer')
    tokens['viewer of red'] = await iceberg.tokenOf('viewer', 'red')
    tokens['editor of blue'] = await iceberg.tokenOf('editor', 'blue')
    tokens['editor of red'] = await iceberg.tokenOf('editor', 'red')
    tokens['editor of all'] = await iceberg.tokenOf('editor')
    tokens['admin'] = await iceberg.tokenOf('admin')
    const { secret } = await iceberg.tokens.openSession({ token: tokens['admin'] })
    tokens['session'] = secret
    tokens['unknown'] = `nacre_${randomUUID()}`
    tokens['none'] = ''
  })
  after(() => iceberg[Symbol.asyncDispose]())

  const may: Readonly<Record<Allowed, readonly string[]>> = {
    all: ['viewer', 'viewer of red', 'editor of blue', 'editor of red', 'editor of all', 'admin'],
    red: ['editor of red', 'editor of all', 'admin'],
    admin: ['admin'],
  }

  /** A namespace of team red with a table, a view and an empty namespace in it; answers where the metadata of both lie. */
  async function makeNamespace(): Promise<{ ns: string; metadata: string; view: string }> {
    const ns = `red-${randomUUID()}`
    const properties = { 'nacre.team': 'red' }
    const make = async (request: string, body: unknown): Promise<Body> => {
      const answer = await iceberg.send(request, { body })
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
      return answer.body
    }
    await make('POST namespaces', { namespace: [ns], properties })
    await make('POST namespaces', { namespace: [ns, 'empty'] })
    const table = await make(`POST namespaces/${ns}/tables`, { name: 't', schema, properties })
    const made = await make(`POST namespaces/${ns}/views`, { name: 'v', ...view, properties })
    return { ns, metadata: table['metadata-location'], view: made['metadata-location'] }
  }

  test('the cases are all that is served', async () => {
    const { body } = await iceberg.send('GET config')
    const served = body.endpoints.map((endpoint: string) => endpoint.replace('/v1/{prefix}/', ''))
    assert.deepEqual(Object.keys(cases).toSorted(), served.toSorted())
  })

  for (const [endpoint, { allowed, path, body }] of Object.entries(cases)) {
    test(endpoint, async () => {
      const method = endpoint.split(' ')[0]!
      let world = await makeNamespace()
      if (endpoint.endsWith('/register')) await iceberg.send(`DELETE namespaces/${world.ns}/tables/t`)
      if (endpoint.endsWith('/register-view')) await iceberg.send(`DELETE namespaces/${world.ns}/views/v`)
      for (const [who, token] of Object.entries(tokens)) {
        const request: IcebergRequest = {
          token,
          ...(body === undefined
            ? {}
            : {
                body: JSON.stringify(body(world.ns))
                  .replace('METADATA', world.metadata)
                  .replace('VIEW', world.view),
              }),
        }
        const answer = await iceberg.send(`${method} ${path.replace('{ns}', world.ns)}`, request)
        const isAllowed = may[allowed].includes(who)
        const expected = isAllowed ? [200, 204] : ['none', 'unknown', 'session'].includes(who) ? [401] : [403]
        assert.ok(expected.includes(answer.status), `${who}: ${answer.status} ${JSON.stringify(answer.body)}`)
        // What was done once must be there again for the next.
        if (isAllowed && allowed === 'red') world = await makeNamespace()
      }
    })
  }

  test('a browser session is not let in by its cookie', async () => {
    const headers = { cookie: `nacre_session=${tokens['session']}` }
    assert.equal((await iceberg.send('GET namespaces', { token: '', headers })).status, 401)
  })

  test("what an editor makes is its team's; in a namespace of nobody every editor makes things", async () => {
    const ns = `free-${randomUUID()}`
    await iceberg.send('POST namespaces', { body: { namespace: [ns] } })
    const token = tokens['editor of blue']!
    const made = await iceberg.send(`POST namespaces/${ns}/tables`, { token, body: { name: 'mine', schema } })
    assert.equal(made.body.metadata.properties['nacre.team'], 'blue')
    const commit = { requirements: [], updates: [setProperty] }
    const as = async (who: string): Promise<number> =>
      (await iceberg.send(`POST namespaces/${ns}/tables/mine`, { token: tokens[who]!, body: commit })).status
    assert.equal(await as('editor of blue'), 200)
    assert.equal(await as('editor of red'), 403)
    const inTransaction = await iceberg.send('POST transactions/commit', {
      token,
      body: {
        'table-changes': [
          {
            identifier: id(ns, 'staged'),
            requirements: [{ type: 'assert-create' }],
            updates: [
              { action: 'add-schema', schema, 'last-column-id': 1 },
              { action: 'set-current-schema', 'schema-id': -1 },
              { action: 'add-spec', spec: { 'spec-id': 0, fields: [] } },
              { action: 'set-default-spec', 'spec-id': -1 },
              { action: 'add-sort-order', 'sort-order': { 'order-id': 0, fields: [] } },
              { action: 'set-default-sort-order', 'sort-order-id': -1 },
            ],
          },
        ],
      },
    })
    assert.equal(inTransaction.status, 204, JSON.stringify(inTransaction.body))
    const staged = await iceberg.send(`GET namespaces/${ns}/tables/staged`)
    assert.equal(staged.body.metadata.properties['nacre.team'], 'blue')
    assert.equal((await iceberg.send(`DELETE namespaces/${ns}`, { token })).status, 403)
  })

  test('an editor gives nothing to another team, and takes nothing from one', async () => {
    const { ns } = await makeNamespace()
    const token = tokens['editor of red']!
    const give = { 'nacre.team': 'blue' }
    const refused: readonly [string, unknown][] = [
      [
        `POST namespaces/${ns}/tables/t`,
        { requirements: [], updates: [{ action: 'set-properties', updates: give }] },
      ],
      [
        `POST namespaces/${ns}/tables/t`,
        { requirements: [], updates: [{ action: 'remove-properties', removals: ['nacre.team'] }] },
      ],
      [
        `POST namespaces/${ns}/views/v`,
        { requirements: [], updates: [{ action: 'set-properties', updates: give }] },
      ],
      [`POST namespaces/${ns}/tables`, { name: 'other', schema, properties: give }],
      [`POST namespaces/${ns}/views`, { name: 'other', ...view, properties: give }],
      [`POST namespaces/${ns}/properties`, { updates: give }],
      [`POST namespaces/${ns}/properties`, { removals: ['nacre.team'] }],
      ['POST namespaces', { namespace: [`other-${randomUUID()}`], properties: give }],
    ]
    for (const [request, body] of refused) {
      const answer = await iceberg.send(request, { token, body })
      assert.equal(answer.status, 403, `${request} ${JSON.stringify(body)}: ${JSON.stringify(answer.body)}`)
      assert.equal(answer.body.error.type, 'ForbiddenException')
    }
  })

  test("an editor's table lies where the catalog puts it, not among another team's files", async () => {
    const { ns } = await makeNamespace()
    const { body: theirs } = await iceberg.send(`GET namespaces/${ns}/tables/t`)
    const free = `free-${randomUUID()}`
    await iceberg.send('POST namespaces', { body: { namespace: [free] } })
    const token = tokens['editor of blue']!
    const { location } = theirs.metadata
    const at = (body: unknown) => iceberg.send(`POST namespaces/${free}/tables`, { token, body })
    assert.equal((await at({ name: 'thief', schema, location })).status, 403)
    assert.equal((await at({ name: 'mine', schema })).status, 200)
    const move = { requirements: [], updates: [{ action: 'set-location', location }] }
    assert.equal(
      (await iceberg.send(`POST namespaces/${free}/tables/mine`, { token, body: move })).status,
      403,
    )
    const create = { requirements: [{ type: 'assert-create' }], updates: move.updates }
    assert.equal(
      (await iceberg.send(`POST namespaces/${free}/tables/new`, { token, body: create })).status,
      403,
    )
  })

  test("an editor's new table does not take the folder that a dropped one left its files in", async () => {
    const free = `free-${randomUUID()}`
    await iceberg.send('POST namespaces', { body: { namespace: [free] } })
    const tables = `namespaces/${free}/tables`
    const red = tokens['editor of red']!
    const theirs = await iceberg.send(`POST ${tables}`, { token: red, body: { name: 't', schema } })
    assert.equal((await iceberg.send(`DELETE ${tables}/t`, { token: red })).status, 204)
    const token = tokens['editor of blue']!
    const staged = await iceberg.send(`POST ${tables}`, {
      token,
      body: { name: 't', schema, 'stage-create': true },
    })
    const create = (location: string): Promise<{ status: number }> => {
      const updates = [
        { action: 'add-schema', schema, 'last-column-id': 1 },
        { action: 'set-current-schema', 'schema-id': -1 },
        { action: 'add-spec', spec: { 'spec-id': 0, fields: [] } },
        { action: 'set-default-spec', 'spec-id': -1 },
        { action: 'add-sort-order', 'sort-order': { 'order-id': 0, fields: [] } },
        { action: 'set-default-sort-order', 'sort-order-id': -1 },
        { action: 'set-location', location },
      ]
      return iceberg.send(`POST ${tables}/t`, {
        token,
        body: { requirements: [{ type: 'assert-create' }], updates },
      })
    }
    assert.equal((await create(theirs.body.metadata.location)).status, 409)
    assert.equal((await create(staged.body.metadata.location)).status, 200)
  })

  test('what Nacre says of its own commits is said by it alone, and how far a stream is by admins too', async () => {
    const { ns } = await makeNamespace()
    const path = `namespaces/${ns}/tables/t`
    const token = tokens['editor of red']!
    const table = await iceberg.world.catalog.iceberg.loadTable(`${ns}.t`)
    const file = await fakeFile(iceberg.world.store, `${table.metadata.location}/data`)
    const summary = {
      operation: 'append',
      'nacre.reason': 'erasure',
      'nacre.job': 'daily',
      'engine-name': 'x',
    }
    const commit = await foreignAppend(iceberg.world.store, table, [file], { snapshot: { summary } })
    const answer = await iceberg.send(`POST ${path}`, { token, body: commit })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    assert.deepEqual(answer.body.metadata.snapshots[0].summary, { operation: 'append', 'engine-name': 'x' })

    const key = 'nacre.offsets.events'
    for (const update of [
      { action: 'set-properties', updates: { [key]: '[1,2]' } },
      { action: 'remove-properties', removals: [key] },
    ])
      for (const who of ['editor of red', 'editor of all', 'admin']) {
        const body = { requirements: [], updates: [update] }
        const { status } = await iceberg.send(`POST ${path}`, { token: tokens[who]!, body })
        assert.equal(status, who === 'admin' ? 200 : 403, who)
      }
  })
})
