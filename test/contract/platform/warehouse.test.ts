import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { migrate, openDatabase, type Database } from '../../../src/database/index.ts'
import { openWarehouse, type Warehouse } from '../../../src/platform/open-warehouse.ts'
import { secretMigrations } from '../../../src/platform/secrets.ts'
import { readSettings } from '../../../src/settings/index.ts'
import { readVendedKeys } from '../../../src/storage/index.ts'
import { noObjectStorage, startObjectStorage } from '../../support/object-storage.ts'
import { tempFolder, type TempFolder } from '../../support/temp-folder.ts'

let database: Database
let folder: TempFolder

before(async () => {
  database = await openDatabase({})
  await migrate(database, secretMigrations)
  folder = tempFolder()
})
after(async () => {
  await database[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

function open(environment: Readonly<Record<string, string>> = {}): Promise<Warehouse> {
  return openWarehouse(readSettings({ projectFolder: folder.path, environment }), {
    database,
    admit: () => {},
    endpointUrl: () => 'http://nacre.test:4600',
    signal: new AbortController().signal,
  })
}

describe('the warehouse of the state folder', () => {
  test('gives keys for one table and one hour, which every server on the state can verify', async () => {
    const { accessConfig } = await open()
    const config = accessConfig({ location: 's3://nacre/a/t', mode: 'read', principal: 'ann' })
    const { local } = await open()
    const token = config['s3.session-token']!
    const vended = readVendedKeys(local.masterSecret, token)!
    const { expiresAt, ...grant } = vended.grant
    assert.deepEqual(grant, { folder: 's3://nacre/a/t', mode: 'read', principal: 'ann' })
    assert.ok(expiresAt > Date.now() && expiresAt <= Date.now() + 3_600_000)
    assert.deepEqual(config, {
      's3.endpoint': 'http://nacre.test:4600',
      's3.path-style-access': 'true',
      's3.region': 'us-east-1',
      'client.region': 'us-east-1',
      's3.access-key-id': vended.keys.accessKeyId,
      's3.secret-access-key': vended.keys.secretAccessKey,
      's3.session-token': token,
      's3.session-token-expires-at-ms': String(expiresAt),
    })
  })

  test('gives none for what has no S3 name, or for all tables at once', async () => {
    const { accessConfig } = await open()
    for (const location of [
      `file://${folder.path}/.nacre/warehouse/a/t`,
      's3://nacre',
      's3://nacre/',
      's3://other/t',
    ])
      assert.deepEqual(accessConfig({ location, mode: 'write', principal: 'ann' }), {}, location)
  })

  test('also reads what lies there under file names', async () => {
    const { store } = await open()
    await store.writeIfAbsent('s3://nacre/a/t/x', Buffer.from('x'))
    assert.equal(
      Buffer.from(await store.read(`file://${folder.path}/.nacre/warehouse/a/t/x`)).toString(),
      'x',
    )
  })
})

describe('a warehouse in object storage', () => {
  const remote = { NACRE_WAREHOUSE: 's3://tables/w', AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'hush' }

  test('its keys are given away only when the settings say so', { skip: noObjectStorage }, async () => {
    await using objects = await startObjectStorage()
    const environment = { ...remote, AWS_ENDPOINT_URL: objects.storage.endpoint!, AWS_REGION: 'eu-west-1' }
    const request = { location: 's3://tables/w/a/t', mode: 'read', principal: 'ann' } as const
    const address = {
      's3.endpoint': objects.storage.endpoint,
      's3.path-style-access': 'true',
      's3.region': 'eu-west-1',
      'client.region': 'eu-west-1',
    }
    assert.deepEqual((await open(environment)).accessConfig(request), address)
    const { accessConfig } = await open({ ...environment, NACRE_S3_VEND: 'configured' })
    assert.deepEqual(accessConfig(request), {
      ...address,
      's3.access-key-id': 'key',
      's3.secret-access-key': 'hush',
    })
    assert.deepEqual(accessConfig({ ...request, location: 's3://tables/w2/t' }), {})
  })

  const wrong: [Record<string, string>, RegExp][] = [
    [{ ...remote, AWS_ACCESS_KEY_ID: '' }, /there is no key to it\. Set NACRE_S3_ACCESS_KEY_ID and/],
    [
      { ...remote, NACRE_WAREHOUSE: 's3://nacre/below' },
      /bucket 'nacre' is the name of this machine's folder/,
    ],
    [
      { ...remote, NACRE_WAREHOUSE: '/var/warehouse' },
      /names no place in object storage; write s3:\/\/bucket/,
    ],
    [
      { ...remote, NACRE_S3_ENDPOINT: 'localhost:9000' },
      /s3Endpoint is 'localhost:9000'; write http\(s\):\/\/host/,
    ],
    [
      { ...remote, NACRE_S3_ENDPOINT: 'http://host/path' },
      /s3Endpoint is 'http:\/\/host\/path'; write http\(s\):\/\/host/,
    ],
  ]
  for (const [environment, message] of wrong)
    test(`is refused: ${message.source}`, async () => {
      await assert.rejects(open(environment), { code: 'NACRE_INPUT', message })
    })
})
