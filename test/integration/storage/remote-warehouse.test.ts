import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { extensionFolder, noObjectStorage, startObjectStorage } from '../../support/object-storage.ts'
import { makeProject, nacre, startPlatformProcess, until } from '../../support/platform-process.ts'
import { pyiceberg, runPython } from '../../support/python.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const config = `import { app, day, event, feed, job, manual, on, sql, table, trackingPlan, Type } from 'nacre'
const seen = event('Seen', { version: '1-0-0', properties: Type.Object({ n: Type.Integer() }) })
const counts = table('x.counts', { columns: { day: 'date', seen: 'long' }, partitionBy: [day('day')], key: ['day'] })
const local = table('x.local', { columns: { n: 'long' } })
export default app('x', { plan: trackingPlan({ events: [seen] }), jobs: [
  job('count', { trigger: on(seen.table), partitions: day({ from: '2020-01-01' }), reads: { seen: seen.table }, writes: { counts }, async run({ reads, writes, partition }) {
    await writes.counts.overwrite(partition, sql\`select ts::date as day, count(*) as seen from \${reads.seen} where \${partition.where('ts')} group by all\`)
  } }),
  job('local', { trigger: manual(), writes: { local }, async run({ writes }) { await writes.local.append(sql\`select 7 as n\`) } }),
], feeds: [feed({ table: counts })] })
`

async function sendEvents(collectorUrl: string, writeKey: string, count: number): Promise<void> {
  const batch = Array.from({ length: count }, (_, n) => ({
    type: 'track',
    event: 'Seen',
    userId: 'u',
    messageId: `m${n}`,
    properties: { n },
  }))
  const response = await fetch(`${collectorUrl}/v1/batch`, {
    method: 'POST',
    body: JSON.stringify({ batch, writeKey }),
  })
  assert.equal(response.status, 200)
}

/** Only the table that is to lie in the state folder. */
const localConfig = `import { app, job, manual, sql, table } from 'nacre'
const local = table('x.local', { columns: { n: 'long' } })
export default app('x', { jobs: [
  job('local', { trigger: manual(), writes: { local }, async run({ writes }) { await writes.local.append(sql\`select 7 as n\`) } }),
] })
`

describe('a warehouse in object storage', { skip: noObjectStorage }, () => {
  test('events land there, jobs and feeds read and write there; tables of the state folder stay where they are', async () => {
    await using objects = await startObjectStorage()
    await using folder = tempFolder()
    await makeProject(folder.path, { 'nacre.config.ts': localConfig })
    {
      await using platform = await startPlatformProcess(folder.path)
      assert.equal((await platform.run('local')).state, 'succeeded')
    }
    await writeFile(join(folder.path, 'nacre.config.ts'), config)
    const { endpoint, accessKeyId, secretAccessKey } = objects.storage
    await using platform = await startPlatformProcess(folder.path, {
      environment: {
        NACRE_WAREHOUSE: `${objects.bucket}/w`,
        AWS_ENDPOINT_URL: endpoint!,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        NACRE_EXTENSION_FOLDER: extensionFolder(),
        NACRE_S3_VEND: 'configured',
      },
    })
    await sendEvents(platform.collectorUrl, platform.writeKey, 5)
    await until(async () => {
      const [row] = await platform.sql('select sum(seen) from x.counts')
      return Number(row![0]) === 5 ? true : null
    })
    await until(async () => {
      const feed = await platform.api.get<object>('feeds/x.counts')
      return JSON.stringify(feed).includes('"rows":1') ? true : null
    })
    const keys = await objects.keys()
    const lies = (form: RegExp): boolean => keys.some((key) => form.test(key))
    assert.ok(lies(/^w\/x\/counts\/data\/.*\.parquet$/), keys.join())
    assert.ok(lies(/^w\/x\/counts\/metadata\/.*\.metadata\.json$/), keys.join())
    assert.ok(lies(/^w\/events\/\w+\/data\/.*\.parquet$/), keys.join())
    assert.equal((await platform.run('local')).state, 'succeeded')
    assert.deepEqual(await platform.sql('select n from x.local'), [[7], [7]])
    assert.deepEqual(await readdir(join(folder.path, '.nacre/warehouse/x')), ['local'])

    const token = (await readFile(join(folder.path, '.nacre/admin-token'), 'utf8')).trim()
    const uri = `${new URL(platform.api.url).origin}/iceberg`
    const read = `print(json.dumps([catalog.load_table(name).scan().to_arrow().num_rows for name in ['x.counts', 'x.local']]))`
    assert.deepEqual(await runPython(pyiceberg + read, { uri, token }), [1, 2])
  })

  test('whose bucket is not there is told at the start', async () => {
    await using objects = await startObjectStorage()
    await using folder = tempFolder()
    await makeProject(folder.path, { 'nacre.config.ts': localConfig })
    const { code, stderr } = await nacre(folder.path, ['up', '--port', '0', '--collector-port', '0'], {
      NACRE_WAREHOUSE: 's3://no-such-bucket',
      NACRE_S3_ENDPOINT: objects.storage.endpoint!,
      NACRE_S3_ACCESS_KEY_ID: 'key',
      NACRE_S3_SECRET_ACCESS_KEY: 'hush',
    })
    assert.equal(code, 6)
    assert.match(stderr, /There is no bucket 'no-such-bucket'\. Make it, or correct NACRE_WAREHOUSE\./)
    assert.doesNotMatch(stderr, /hush/)
  })
})
