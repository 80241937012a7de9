import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { openDatabase } from '../../../src/database/index.ts'
import {
  makeProject,
  nacre,
  startPlatformProcess,
  until,
  type PlatformProcess,
} from '../../support/platform-process.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const server = process.env['NACRE_TEST_POSTGRES_URL']

const config = `import { app, day, event, job, on, sql, table, trackingPlan, Type } from 'nacre'
const seen = event('Seen', { version: '1-0-0', properties: Type.Object({ n: Type.Integer() }) })
const counts = table('x.counts', { columns: { day: 'date', seen: 'long' }, partitionBy: [day('day')] })
export default app('x', { plan: trackingPlan({ events: [seen] }), jobs: [
  job('count', { trigger: on(seen.table), partitions: day({ from: '2020-01-01' }), reads: { seen: seen.table }, writes: { counts }, async run({ reads, writes, partition }) {
    await writes.counts.overwrite(partition, sql\`select ts::date as day, count(*) as seen from \${reads.seen} where \${partition.where('ts')} group by all\`)
  } }),
] })
`

test(
  'the state may live in PostgreSQL, also over a restart',
  { skip: server === undefined && 'NACRE_TEST_POSTGRES_URL names no server', timeout: 120_000 },
  async () => {
    const name = `nacre_${randomUUID().replaceAll('-', '')}`
    await using admin = await openDatabase({ url: server! })
    await admin.query(`create database ${name}`)
    await using folder = tempFolder()
    await makeProject(folder.path, { 'nacre.config.ts': config })
    const environment = { NACRE_DATABASE_URL: new URL(`/${name}`, server).href }
    const send = async (collectorUrl: string, writeKey: string, ids: readonly number[]): Promise<void> => {
      const batch = ids.map((n) => ({
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
    const counted = async (platform: PlatformProcess, wanted: number): Promise<void> => {
      await until(async () => {
        const [row] = await platform.sql('select coalesce(sum(seen), 0) from x.counts')
        return Number(row![0]) === wanted ? true : null
      })
    }
    {
      await using platform = await startPlatformProcess(folder.path, { environment })
      await send(platform.collectorUrl, platform.writeKey, [1, 2, 3])
      await counted(platform, 3)
    }
    {
      await using platform = await startPlatformProcess(folder.path, { environment })
      await send(platform.collectorUrl, platform.writeKey, [3, 4])
      await counted(platform, 4)
      const report = await platform.api.get<{ checks: { name: string; found: string }[] }>('doctor')
      assert.match(report.checks.find((check) => check.name === 'state')!.found, /^postgres: PostgreSQL/)
    }
    await admin.query(`drop database ${name} with (force)`)
  },
)

test('a PostgreSQL that does not answer is told, without its password', async () => {
  await using folder = tempFolder()
  await makeProject(folder.path, { 'nacre.config.ts': config })
  const result = await nacre(folder.path, ['up'], {
    NACRE_DATABASE_URL: 'postgres://somebody:hush@127.0.0.1:9/nothing',
  })
  assert.equal(result.code, 6)
  assert.match(result.stderr, /PostgreSQL at postgres:\/\/\*\*\*@127\.0\.0\.1:9\/nothing does not answer/)
  assert.doesNotMatch(result.stderr, /hush/)
})
