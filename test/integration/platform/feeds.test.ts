import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { consumeFeed } from '../../../src/publish/consume.ts'
import type { FeedDetail, FeedInfo } from '../../../src/server/contract.ts'
import { makeProject, nacre, startPlatformProcess, until } from '../../support/platform-process.ts'
import { tempFolder } from '../../support/temp-folder.ts'

/** A shop that publishes its sales by partition; columns and contract change between deployments. */
const config = (price: string, contract: string): string => `
import { app, day, feed, job, manual, sql, table } from 'nacre'
const sales = table('shop.sales', {
  columns: { day: { type: 'date', required: true }, price: '${price}' }, partitionBy: [day('day')],
})
export default app('shop', {
  jobs: [job('sell', {
    trigger: manual(), writes: { sales }, resources: { cpus: 0.5, memory: '256MiB' },
    async run({ writes }) {
      await writes.sales.append(sql\`select date '2026-01-01' as day, cast(range as ${price}) as price from range(5)\`)
    },
  })],
  feeds: [feed({ table: sales, ${contract} content: 'changed-partitions', keep: 10 })],
})
`

test('a feed goes from a job to a service, and a deployment that breaks its contract is refused', async () => {
  await using folder = tempFolder()
  const project = join(folder.path, 'shop')
  await makeProject(project, { 'nacre.config.ts': config('int', '') })
  await using platform = await startPlatformProcess(project)
  const deploy = async (price: string, contract: string) => {
    await writeFile(join(project, 'nacre.config.ts'), config(price, contract))
    return nacre(project, ['deploy'])
  }
  assert.equal((await deploy('int', '')).code, 0)
  const token = (await readFile(join(project, '.nacre/admin-token'), 'utf8')).trim()

  const stop = new AbortController()
  const heard: { rows: number; content: string; isIncomplete: boolean }[] = []
  const consuming = consumeFeed<{ price: number }>(
    {
      url: platform.api.url,
      token,
      feed: 'shop.sales',
      store: join(folder.path, 'service'),
      from: 'beginning',
      signal: stop.signal,
    },
    async ({ notification, batches, isIncomplete }) => {
      const prices: number[] = []
      for await (const rows of batches) prices.push(...rows.map(({ price }) => price))
      assert.ok(prices.every((price) => price < 5))
      heard.push({ rows: prices.length, content: notification.data.content, isIncomplete })
    },
  )
  for (const _ of [1, 2]) assert.equal((await platform.run('sell')).state, 'succeeded')
  await until(async () => (heard.length === 2 ? true : null))
  assert.deepEqual(heard, [
    { rows: 5, content: 'full', isIncomplete: false },
    { rows: 10, content: 'changed-partitions', isIncomplete: false },
  ])

  const refused = await deploy('long', '')
  assert.equal(refused.code, 4, refused.stderr)
  assert.match(
    refused.stderr,
    /Feed 'shop\.sales' promises its consumers full compatibility \(contract 1\.0\)/,
  )
  assert.match(refused.stderr, /Field 'price' was widened from int to long/)
  assert.match(refused.stderr, /contract: \{ version: 2 \}/)
  const accepted = await deploy('long', 'contract: { version: 2 },')
  assert.equal(accepted.code, 0, accepted.stderr)
  assert.equal((await platform.run('sell')).state, 'succeeded')
  await until(async () => (heard.length === 3 ? true : null))
  const detail = await platform.api.get<FeedDetail>('feeds/shop.sales')
  assert.deepEqual(
    detail.contract.versions.map(({ version }) => version),
    ['2.0', '1.0'],
  )
  assert.deepEqual(
    detail.readers.map(({ via }) => via),
    ['sse'],
  )
  stop.abort()
  await consuming

  const shown = await nacre(project, ['feeds', 'shop.sales'])
  assert.equal(shown.code, 0, shown.stderr)
  assert.match(shown.stdout, /contract +2\.0, full compatibility/)
  const [info] = JSON.parse((await nacre(project, ['feeds', '--json'])).stdout) as FeedInfo[]
  assert.equal(info!.latest!.snapshotId, detail.publications[0]!.snapshotId)
  const replayed = await nacre(project, ['feeds', 'replay', 'shop.sales', '--snapshot', '1'])
  assert.equal(replayed.code, 3, replayed.stderr)
  assert.match(replayed.stderr, /has not published snapshot 1/)
})
