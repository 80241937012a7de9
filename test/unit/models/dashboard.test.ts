import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dashboard, type DashboardSpec } from '../../../src/models/index.ts'

const spec: DashboardSpec = {
  title: 'Engagement',
  model: 'bookstore.malloy',
  filters: [
    { kind: 'days', name: 'days', label: 'Days', default: 'last:30d' },
    { kind: 'choice', name: 'device', label: 'Device', source: 'engagement', field: 'device' },
  ],
  tiles: [
    {
      title: 'Readers',
      query: 'engagement -> by_day',
      dateField: 'day',
      filterFields: { device: 'device' },
      chart: { kind: 'line', x: 'day', y: ['active_readers'] },
    },
  ],
}

test('a definition is plain JSON', () => {
  const definition = dashboard('engagement', spec)
  assert.deepEqual(structuredClone(definition), { kind: 'dashboard', name: 'engagement', ...spec })
  const { filters: _filters, ...bare } = spec
  const [tile] = spec.tiles
  const unfiltered = { ...bare, tiles: [{ ...tile!, filterFields: {} }] }
  assert.deepEqual(dashboard('bare', unfiltered).filters, [])
})

test('every problem is listed', () => {
  const [tile] = spec.tiles
  const [days, device] = spec.filters!
  const wrong: [string, DashboardSpec, RegExp][] = [
    ['Engagement', spec, /its name 'Engagement' must be lower-case/],
    ['a', { ...spec, title: ' ' }, /its title is empty/],
    ['a', { ...spec, model: 'bookstore' }, /its model 'bookstore' must be a file name ending in '\.malloy'/],
    ['a', { ...spec, tiles: [] }, /it has no tiles/],
    ['a', { ...spec, filters: [device!, device!] }, /two filters are named 'device'/],
    [
      'a',
      { ...spec, filters: [days!, device!, { ...days!, name: 'weeks' }] },
      /filter 'weeks' is a second one of kind 'days'/,
    ],
    [
      'a',
      { ...spec, filters: [device!, { kind: 'days', name: 'days', label: '', default: 'month' }] },
      /filter 'days' has default 'month'/,
    ],
    [
      'a',
      { ...spec, filters: [{ ...device!, name: 'De vice' }], tiles: [] },
      /filter 'De vice' must be named/,
    ],
    [
      'a',
      { ...spec, filters: [days!] },
      /tile 'Readers' names the filter 'device', which is not among the choice filters \(there are none\)/,
    ],
    ['a', { ...spec, tiles: [{ ...tile!, width: 13 }] }, /tile 'Readers' has width 13/],
    ['a', { ...spec, tiles: [{ ...tile!, query: '' }] }, /tile 'Readers' has no query/],
    [
      'a',
      { ...spec, tiles: [{ ...tile!, chart: { kind: 'bar', x: 'day', y: [] } }] },
      /tile 'Readers' has a chart without y/,
    ],
  ]
  for (const [name, wrongSpec, message] of wrong) {
    assert.throws(() => dashboard(name, wrongSpec), { code: 'NACRE_APP_INVALID', message })
  }
  assert.throws(() => dashboard('A', { ...spec, title: '', tiles: [] }), {
    message:
      /^Dashboard 'A' has 3 problem\(s\):\n {2}- its name .*\n {2}- its title .*\n {2}- it has no tiles\.$/,
  })
})
