import assert from 'node:assert/strict'
import { test } from 'node:test'
import { audienceOf } from '../../../src/platform/table-audience.ts'
import type { DeployedApp } from '../../../src/platform/app-registry.ts'
import type { JobInfo } from '../../../src/jobs/index.ts'

const appOf = (manifest: object): DeployedApp =>
  ({
    name: 'shop',
    manifest: {
      name: 'shop',
      team: 'red',
      tables: {},
      events: [],
      jobs: [],
      feeds: [],
      dashboards: [],
      models: {},
      ...manifest,
    },
  }) as unknown as DeployedApp

test('dashboards read a table through their model and what it imports', () => {
  const app = appOf({
    dashboards: [
      { name: 'sales', title: 'Sales', model: 'sales.malloy' },
      { name: 'other', title: 'Other', model: 'other.malloy' },
    ],
    models: {
      'sales.malloy': "import { orders } from 'base.malloy'\nsource: x is orders",
      'base.malloy': "import 'sales.malloy'\nsource: orders is duckdb.table('shop.orders')",
      'other.malloy': "source: y is duckdb.table('shop.orders_old')",
    },
  })
  const { dashboards } = audienceOf('shop.orders', { apps: [app], jobs: [] })
  assert.deepEqual(dashboards, [{ name: 'sales', title: 'Sales' }])
})

test('who declares, writes and reads; the team is that of who writes', () => {
  const reading = appOf({ name: 'books', team: 'blue', tables: { 'shop.orders': {} } })
  const writing = appOf({
    tables: { 'shop.orders': {} },
    jobs: [{ writes: { orders: 'shop.orders' } }],
    feeds: [{ table: 'shop.orders' }],
  })
  const job = (app: string, name: string, side: 'reads' | 'writes'): JobInfo =>
    ({ app, job: { name, reads: {}, writes: {}, [side]: { orders: 'shop.orders' } } }) as unknown as JobInfo
  assert.deepEqual(
    audienceOf('shop.orders', {
      apps: [reading, writing],
      jobs: [job('shop', 'take', 'writes'), job('books', 'look', 'reads')],
    }),
    {
      team: 'red',
      apps: ['books', 'shop'],
      writers: ['shop/take'],
      readers: ['books/look'],
      isEvents: false,
      isFeed: true,
      dashboards: [],
    },
  )
  assert.equal(audienceOf('lab.x', { apps: [writing], jobs: [] }).team, null)
})
