import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AppManifest } from '../../../src/apps/index.ts'
import { describeAppChanges } from '../../../src/platform/app-changes.ts'

const shop = {
  name: 'shop',
  events: [{ name: 'visited', version: '1-0-0', doc: null, table: { name: 'events.visited' } }],
  feeds: [{ table: 'shop.sales', codec: 'deflate', contract: { version: 1, compatibility: 'full' } }],
  dashboards: [{ name: 'sales', title: 'Sales' }],
  models: { 'shop.malloy': 'source: sales' },
} as unknown as AppManifest
const [event, feed, dashboard] = [shop.events[0]!, shop.feeds[0]!, shop.dashboards[0]!]

test('what a deployment changes beside tables and jobs', () => {
  assert.deepEqual(describeAppChanges(shop, structuredClone(shop)), [])
  assert.deepEqual(
    describeAppChanges(shop, {
      ...shop,
      events: [{ ...event, version: '1-0-1', doc: 'A page was seen.' }],
      feeds: [{ ...feed, contract: { ...feed.contract!, version: 2 } }],
      dashboards: [{ ...dashboard, title: 'What was sold' }],
      models: { 'sales.malloy': 'source: sales' },
    }),
    [
      'event visited: version 1-0-0 → 1-0-1',
      'feed shop.sales: version 1 → 2',
      'changed dashboard sales',
      'added model sales.malloy',
      'removed model shop.malloy',
    ],
  )
})

test("an event's table is told of as a table", () => {
  const table = { ...event.table, spec: { columns: { at: 'date' as const } } }
  assert.deepEqual(describeAppChanges(shop, { ...shop, events: [{ ...event, table }] }), [])
})
