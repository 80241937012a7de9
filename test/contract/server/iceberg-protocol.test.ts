import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { uuidv7 } from '../../../src/base/index.ts'
import { icebergServer, type IcebergAnswer, type IcebergServer } from '../../support/iceberg-server.ts'

const schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [{ id: 1, name: 'n', required: false, type: 'long' }],
}

describe('the protocol of the Iceberg catalog', () => {
  let iceberg: IcebergServer
  const send: IcebergServer['send'] = (request, options) => iceberg.send(request, options)
  before(async () => {
    iceberg = await icebergServer()
  })
  after(() => iceberg[Symbol.asyncDispose]())

  const fresh = async (...tables: readonly string[]): Promise<string> => {
    const ns = `ns-${randomUUID()}`
    await send('POST namespaces', { body: { namespace: [ns] } })
    for (const name of tables) {
      const { status, body } = await send(`POST namespaces/${ns}/tables`, { body: { name, schema } })
      assert.equal(status, 200, JSON.stringify(body))
    }
    return ns
  }
  const fails = (answer: IcebergAnswer, code: number, type: string): void => {
    assert.deepEqual(
      [answer.status, answer.body.error.code, answer.body.error.type],
      [code, code, type],
      JSON.stringify(answer.body),
    )
    assert.ok(answer.body.error.message.length > 0)
  }

  test('errors are in the model of the specification', async () => {
    const ns = await fresh('t')
    const id = (name: string, namespace = ns): object => ({ namespace: [namespace], name })
    fails(await send('GET namespaces/none'), 404, 'NoSuchNamespaceException')
    fails(await send('GET namespaces/none/tables'), 404, 'NoSuchNamespaceException')
    fails(await send('GET namespaces?parent=none'), 404, 'NoSuchNamespaceException')
    fails(await send(`GET namespaces/${ns}/tables/none`), 404, 'NoSuchTableException')
    fails(await send(`DELETE namespaces/${ns}/tables/none`), 404, 'NoSuchTableException')
    fails(await send(`GET namespaces/${ns}/views/none`), 404, 'NoSuchViewException')
    fails(
      await send('POST namespaces/none/tables', { body: { name: 't', schema } }),
      404,
      'NoSuchNamespaceException',
    )
    const commit = { requirements: [], updates: [] }
    fails(await send(`POST namespaces/${ns}/tables/none`, { body: commit }), 404, 'NoSuchTableException')
    fails(await send('POST namespaces', { body: { namespace: [ns] } }), 409, 'AlreadyExistsException')
    fails(
      await send(`POST namespaces/${ns}/tables`, { body: { name: 't', schema } }),
      409,
      'AlreadyExistsException',
    )
    fails(await send(`DELETE namespaces/${ns}`), 409, 'NamespaceNotEmptyException')
    const both = { removals: ['a'], updates: { a: 'b' } }
    fails(await send(`POST namespaces/${ns}/properties`, { body: both }), 422, 'UnprocessableEntityException')
    const stale = { requirements: [{ type: 'assert-table-uuid', uuid: randomUUID() }], updates: [] }
    fails(await send(`POST namespaces/${ns}/tables/t`, { body: stale }), 409, 'CommitFailedException')
    for (const body of [
      { requirements: [], updates: [{ action: 'dance' }] },
      { requirements: [{ type: 'assert-mood' }], updates: [] },
      { requirements: [], updates: [{ action: 'upgrade-format-version', 'format-version': 3 }] },
      { requirements: 1, updates: [] },
      '{"requirements":',
    ])
      fails(await send(`POST namespaces/${ns}/tables/t`, { body }), 400, 'IllegalArgumentException')
    fails(await send(`POST namespaces/${ns}/tables/t`, { body: 'null' }), 400, 'BadRequestException')
    fails(await send('POST namespaces', { body: { namespace: ['a.b'] } }), 400, 'IllegalArgumentException')
    fails(await send('POST namespaces', { body: { namespace: [] } }), 400, 'IllegalArgumentException')
    fails(await send('POST namespaces', { body: { namespace: ['..'] } }), 400, 'IllegalArgumentException')
    fails(await send(`GET namespaces/${ns}/tables/..%2F..%2Fadmin-token`), 400, 'IllegalArgumentException')
    fails(
      await send('POST tables/rename', { body: { source: id('none'), destination: id('u') } }),
      404,
      'NoSuchTableException',
    )
    fails(
      await send('POST tables/rename', { body: { source: id('t'), destination: id('u', 'none') } }),
      404,
      'NoSuchNamespaceException',
    )
    const taken = await send('POST tables/rename', { body: { source: id('t'), destination: id('t') } })
    fails(taken, 409, 'AlreadyExistsException')
    assert.match(
      taken.body.error.message,
      new RegExp(`^Cannot rename ${ns}.t to ${ns}.t. Table already exists`),
    )
    fails(await send('GET nothing'), 404, 'NotFoundException')
    fails(await send('PUT namespaces'), 404, 'NotFoundException')
    fails(await send('GET namespaces', { token: '' }), 401, 'NotAuthorizedException')
    assert.equal((await send(`HEAD namespaces/${ns}/tables/none`)).status, 404)
    assert.equal((await send(`HEAD namespaces/${ns}/tables/t`)).status, 204)
  })

  test('a name may be long, and its levels are joined by %1F', async () => {
    const levels = ['a', 'b', 'c'].map((letter) => letter.repeat(90))
    for (let depth = 1; depth <= 3; depth++)
      assert.equal(
        (await send('POST namespaces', { body: { namespace: levels.slice(0, depth) } })).status,
        200,
      )
    const { body } = await send(`GET namespaces/${levels.join('%1F')}`)
    assert.deepEqual(body.namespace, levels)
    const below = await send(`GET namespaces?parent=${levels.slice(0, 2).join('%1F')}`)
    assert.deepEqual(below.body.namespaces, [levels])
  })

  test('ids of 63 bits go through unharmed', async () => {
    const ns = await fresh('t')
    const body =
      '{"requirements":[{"type":"assert-ref-snapshot-id","ref":"main","snapshot-id":9223372036854775807}],"updates":[]}'
    const answer = await send(`POST namespaces/${ns}/tables/t`, { body })
    fails(answer, 409, 'CommitFailedException')
    assert.match(answer.body.error.message, /not 9223372036854775807/)
  })

  test('lists come in pages to those who ask for pages', async () => {
    const names = ['a', 'b', 'c', 'd', 'e']
    const ns = await fresh(...names)
    const all = await send(`GET namespaces/${ns}/tables?pageSize=2`)
    assert.deepEqual(
      all.body.identifiers.map(({ name }: { name: string }) => name),
      names,
    )
    const seen: string[] = []
    for (let token: string | null = ''; token !== null;) {
      const { body } = await send(
        `GET namespaces/${ns}/tables?pageSize=2&pageToken=${encodeURIComponent(token)}`,
      )
      assert.ok(body.identifiers.length <= 2)
      seen.push(...body.identifiers.map(({ name }: { name: string }) => name))
      token = body['next-page-token']
    }
    assert.deepEqual(seen, names)
    for (const child of names) await send('POST namespaces', { body: { namespace: [ns, child] } })
    const first = await send(`GET namespaces?parent=${ns}&pageSize=3&pageToken=`)
    assert.equal(first.body.namespaces.length, 3)
    const rest = await send(
      `GET namespaces?parent=${ns}&pageSize=3&pageToken=${first.body['next-page-token']}`,
    )
    assert.deepEqual([rest.body.namespaces.length, rest.body['next-page-token']], [2, null])
    fails(await send(`GET namespaces/${ns}/tables?pageToken=&pageSize=0`), 400, 'IllegalArgumentException')
  })

  test('a table that has not changed is not sent again', async () => {
    const ns = await fresh('t')
    const path = `GET namespaces/${ns}/tables/t`
    const { headers } = await send(path)
    const etag = headers['etag'] as string
    const asked = async (headers: Record<string, string>, query = ''): Promise<number> =>
      (await send(path + query, { headers })).status
    assert.equal(await asked({ 'if-none-match': etag }), 304)
    assert.equal(await asked({ 'if-none-match': `"other", W/${etag}` }), 304)
    assert.equal(await asked({ 'if-none-match': etag }, '?snapshots=refs'), 200)
    assert.equal(
      await asked({ 'if-none-match': etag, 'x-iceberg-access-delegation': 'vended-credentials' }),
      200,
    )
    const commit = { requirements: [], updates: [{ action: 'set-properties', updates: { a: 'b' } }] }
    await send(`POST namespaces/${ns}/tables/t`, { body: commit })
    assert.equal(await asked({ 'if-none-match': etag }), 200)
    fails(await send(`${path}?snapshots=some`), 400, 'IllegalArgumentException')
  })

  test('a staged table is not there until it is committed', async () => {
    const ns = await fresh()
    const { body } = await send(`POST namespaces/${ns}/tables`, {
      body: { name: 't', schema, 'stage-create': true },
    })
    assert.equal(body['metadata-location'], undefined)
    assert.equal((await send(`HEAD namespaces/${ns}/tables/t`)).status, 404)
    const { metadata } = body
    const create = {
      requirements: [{ type: 'assert-create' }],
      updates: [
        { action: 'assign-uuid', uuid: metadata['table-uuid'] },
        { action: 'upgrade-format-version', 'format-version': 2 },
        { action: 'add-schema', schema: metadata.schemas[0], 'last-column-id': 1 },
        { action: 'set-current-schema', 'schema-id': -1 },
        { action: 'add-spec', spec: metadata['partition-specs'][0] },
        { action: 'set-default-spec', 'spec-id': -1 },
        { action: 'add-sort-order', 'sort-order': metadata['sort-orders'][0] },
        { action: 'set-default-sort-order', 'sort-order-id': -1 },
        { action: 'set-location', location: metadata.location },
      ],
    }
    const made = await send(`POST namespaces/${ns}/tables/t`, { body: create })
    assert.equal(made.status, 200, JSON.stringify(made.body))
    assert.equal(made.body.metadata['table-uuid'], metadata['table-uuid'])
    const again = await send(`POST namespaces/${ns}/tables/t`, { body: create })
    assert.equal(again.status, 409)
  })

  test('a transaction changes all of its tables or none', async () => {
    const ns = await fresh('a', 'b')
    const change = (name: string, requirements: unknown[] = []): object => ({
      identifier: { namespace: [ns], name },
      requirements,
      updates: [{ action: 'set-properties', updates: { changed: 'yes' } }],
    })
    const wrong = [{ type: 'assert-table-uuid', uuid: randomUUID() }]
    const refused = await send('POST transactions/commit', {
      body: { 'table-changes': [change('a'), change('b', wrong)] },
    })
    fails(refused, 409, 'CommitFailedException')
    const changed = async (name: string): Promise<unknown> =>
      (await send(`GET namespaces/${ns}/tables/${name}`)).body.metadata.properties.changed
    assert.deepEqual([await changed('a'), await changed('b')], [undefined, undefined])
    assert.equal(
      (await send('POST transactions/commit', { body: { 'table-changes': [change('a'), change('b')] } }))
        .status,
      204,
    )
    assert.deepEqual([await changed('a'), await changed('b')], ['yes', 'yes'])
  })

  test('a request that is repeated with its idempotency key has no further effect', async () => {
    const { body: config } = await send('GET config')
    assert.match(config['idempotency-key-lifetime'], /^PT/)
    const ns = await fresh()
    const headers = { 'idempotency-key': uuidv7() }
    const create = { headers, body: { name: 't', schema } }
    const first = await send(`POST namespaces/${ns}/tables`, create)
    const second = await send(`POST namespaces/${ns}/tables`, create)
    assert.deepEqual([second.status, second.body], [first.status, first.body])
    fails(
      await send(`POST namespaces/${ns}/tables`, { headers, body: { name: 'u', schema } }),
      422,
      'UnprocessableEntityException',
    )
    const dropping = { headers: { 'idempotency-key': uuidv7() } }
    assert.equal((await send(`DELETE namespaces/${ns}/tables/t`, dropping)).status, 204)
    await send(`POST namespaces/${ns}/tables`, { body: { name: 't', schema } })
    assert.equal((await send(`DELETE namespaces/${ns}/tables/t`, dropping)).status, 204)
    assert.equal(
      (await send(`HEAD namespaces/${ns}/tables/t`)).status,
      204,
      'the second table is still there',
    )
    const refused = { headers: { 'idempotency-key': uuidv7() }, body: { namespace: [ns] } }
    fails(await send('POST namespaces', refused), 409, 'AlreadyExistsException')
    fails(await send('POST namespaces', refused), 409, 'AlreadyExistsException')
    fails(
      await send('POST namespaces', {
        headers: { 'idempotency-key': randomUUID() },
        body: { namespace: ['x'] },
      }),
      400,
      'IllegalArgumentException',
    )
    const other = await iceberg.tokenOf('admin')
    const theirs = await send(`POST namespaces/${ns}/tables`, { ...create, token: other })
    assert.notEqual(theirs.status, 200, "another's key is not a way to its answers")
  })

  test('a credential is exchanged for a token', async () => {
    const secret = await iceberg.tokenOf('viewer')
    const ask = async (form: Record<string, string>, headers: Record<string, string> = {}) => {
      const response = await iceberg.server.inject({
        method: 'POST',
        url: '/iceberg/v1/oauth/tokens',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        payload: new URLSearchParams(form).toString(),
      })
      return { status: response.statusCode, body: response.json() as Record<string, unknown> }
    }
    const good = await ask({ grant_type: 'client_credentials', client_secret: secret, scope: 'catalog' })
    assert.equal(good.status, 200)
    assert.equal(good.body['token_type'], 'bearer')
    assert.ok((good.body['expires_in'] as number) > 0)
    assert.equal((await send('GET namespaces', { token: good.body['access_token'] as string })).status, 200)
    const refreshed = await ask({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: secret,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    })
    assert.equal(refreshed.status, 200)
    const refused = async (status: number, error: string, form: Record<string, string>): Promise<void> => {
      const answer = await ask(form)
      assert.deepEqual([answer.status, answer.body['error']], [status, error])
    }
    await refused(401, 'invalid_client', { grant_type: 'client_credentials', client_secret: 'nacre_wrong' })
    await refused(401, 'invalid_client', {
      grant_type: 'client_credentials',
      client_id: 'nobody',
      client_secret: secret,
    })
    await refused(400, 'unsupported_grant_type', { grant_type: 'password', client_secret: secret })
    const { secret: session } = await iceberg.tokens.openSession({ token: secret })
    await refused(401, 'invalid_client', { grant_type: 'client_credentials', client_secret: session })
    const json = await iceberg.server.inject({
      method: 'POST',
      url: '/iceberg/v1/oauth/tokens',
      payload: { grant_type: 'client_credentials' },
    })
    assert.deepEqual([json.statusCode, json.json<{ error: string }>().error], [400, 'invalid_request'])
  })

  test('how to reach the files is told to all, keys only to who asks, and to write only to who may', async () => {
    const ns = await fresh()
    await send(`POST namespaces/${ns}/properties`, { body: { updates: { 'nacre.team': 'red' } } })
    const { body: made } = await send(`POST namespaces/${ns}/tables`, { body: { name: 't', schema } })
    assert.deepEqual(made.config, { 's3.endpoint': 'http://localhost:1' })
    assert.equal(made['storage-credentials'], undefined)
    const headers = { 'x-iceberg-access-delegation': 'remote-signing,vended-credentials' }
    for (const [role, team, mode] of [
      ['viewer', 'red', 'read'],
      ['editor', 'blue', 'read'],
      ['editor', 'red', 'write'],
      ['admin', undefined, 'write'],
    ] as const) {
      const token = await iceberg.tokenOf(role, team)
      const { body } = await send(`GET namespaces/${ns}/tables/t`, { token, headers })
      assert.match(body.config['s3.access-key-id'], new RegExp(`^${mode} ${made.metadata.location} ${role}`))
      assert.equal(body['storage-credentials'][0].prefix, made.metadata.location)
      const { body: refreshed } = await send(
        `GET ${body.config['client.refresh-credentials-endpoint'].replace('v1/', '')}`,
        {
          token,
        },
      )
      assert.deepEqual(refreshed['storage-credentials'], body['storage-credentials'])
    }
    const staged = { headers, body: { name: 'u', schema, 'stage-create': true } }
    const { body: later } = await send(`POST namespaces/${ns}/tables`, staged)
    assert.match(later.config['s3.access-key-id'], /^write /)
  })

  test('a commit may be large; what is larger still is refused', async () => {
    const ns = await fresh('t')
    const commit = (bytes: number): object => ({
      requirements: [],
      updates: [{ action: 'set-properties', updates: { large: 'x'.repeat(bytes) } }],
    })
    assert.equal((await send(`POST namespaces/${ns}/tables/t`, { body: commit(6_000_000) })).status, 200)
    const refused = await send(`POST namespaces/${ns}/tables/t`, { body: commit(34_000_000) })
    assert.equal(refused.status, 413)
    assert.equal(refused.body.error.code, 413)
  })
})

describe('the Iceberg catalog on a database that fails', () => {
  /** What happens to the next transaction. */
  let fault: 'none' | 'before' | 'answer lost' = 'none'
  let iceberg: IcebergServer
  before(async () => {
    iceberg = await icebergServer((database) => ({
      kind: database.kind,
      query: (text, parameters) => database.query(text, parameters),
      async transaction(work) {
        const now = fault
        fault = 'none'
        if (now === 'before') throw new Error('connection refused')
        const result = await database.transaction(work)
        if (now === 'answer lost') throw new Error('connection reset')
        return result
      },
      [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
    }))
    await iceberg.send('POST namespaces', { body: { namespace: ['ns'] } })
    await iceberg.send('POST namespaces/ns/tables', { body: { name: 't', schema } })
  })
  after(() => iceberg[Symbol.asyncDispose]())

  const commit = (value: string): object => ({
    requirements: [],
    updates: [{ action: 'set-properties', updates: { value } }],
  })
  const value = async (): Promise<unknown> =>
    (await iceberg.send('GET namespaces/ns/tables/t')).body.metadata.properties.value

  test('nothing was changed: come again', async () => {
    fault = 'before'
    const { status, headers, body } = await iceberg.send('POST namespaces/ns/tables/t', { body: commit('a') })
    assert.deepEqual([status, body.error.type], [503, 'ServiceUnavailableException'])
    assert.ok(Number(headers['retry-after']) > 0)
    assert.equal(await value(), undefined)
  })

  test('the answer to the commit was lost: its state is unknown, and its files stay', async () => {
    fault = 'answer lost'
    const { status, headers, body } = await iceberg.send('POST namespaces/ns/tables/t', { body: commit('b') })
    assert.deepEqual([status, body.error.type], [500, 'CommitStateUnknownException'])
    assert.equal(headers['retry-after'], undefined)
    assert.equal(await value(), 'b')
  })

  test('with an Idempotency-Key the answer is found again, then and later', async () => {
    const request = { headers: { 'idempotency-key': uuidv7() }, body: commit('c') }
    fault = 'answer lost'
    for (let times = 0; times < 2; times++) {
      const { status, body } = await iceberg.send('POST namespaces/ns/tables/t', request)
      assert.deepEqual([status, body.metadata?.properties.value], [200, 'c'])
    }
  })
})
