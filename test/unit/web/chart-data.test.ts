import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TileAnswer } from '../../../src/server/contract.ts'
import { heatmapData, seriesData } from '../../../web/charts/chart-data.ts'
import { describeSeries } from '../../../web/charts/describe-chart.ts'

function answer(
  columns: readonly (readonly [string, TileAnswer['columns'][number]['type']])[],
  rows: TileAnswer['rows'],
): TileAnswer {
  return {
    columns: columns.map(([name, type]) => ({ name, type })),
    rows,
    truncated: false,
    previousRows: null,
    elapsedMs: 1,
    cached: false,
    sql: '',
    snapshots: {},
    freshAt: null,
  }
}

test('time runs to the right whatever the order of rows, and gaps stay gaps', () => {
  const rows = [
    ['2026-11-02', 'web', 3],
    ['2026-11-01', 'web', 2],
    ['2026-11-02', 'ios', 9],
  ]
  const data = seriesData(
    { kind: 'line', x: 'day', y: ['readers'], series: 'platform' },
    answer(
      [
        ['day', 'date'],
        ['platform', 'string'],
        ['readers', 'number'],
      ],
      rows,
    ),
    Date.parse('2026-11-02T09:00:00Z'),
  )
  assert.deepEqual(data, {
    categories: ['1 Nov', '2 Nov'],
    isNamed: false,
    isUnfinished: true,
    series: [
      { name: 'web', values: [2, 3] },
      { name: 'ios', values: [null, 9] },
    ],
  })
  assert.match(
    describeSeries('Readers', data, 'integer'),
    /1 Nov to 2 Nov\. web goes from 2 to 3, lowest 2, highest 3; ios/,
  )
})

test('names keep their order, measures become series, and numbers as text are numbers', () => {
  const data = seriesData(
    { kind: 'bar', x: 'country', y: ['sign_ups', 'churned'] },
    answer(
      [
        ['country', 'string'],
        ['sign_ups', 'number'],
        ['churned', 'number'],
      ],
      [
        ['FR', '12.50', null],
        ['DE', 7, 1],
      ],
    ),
    0,
  )
  assert.deepEqual(data.categories, ['FR', 'DE'])
  assert.deepEqual(data.series, [
    { name: 'Sign ups', values: [12.5, 7] },
    { name: 'Churned', values: [null, 1] },
  ])
})

test('cohorts go by time downwards and by number to the right', () => {
  const data = heatmapData(
    { kind: 'heatmap', x: 'week', y: 'cohort', value: 'share' },
    answer(
      [
        ['cohort', 'date'],
        ['week', 'number'],
        ['share', 'number'],
      ],
      [
        ['2026-11-09', 10, 0.2],
        ['2026-11-02', 2, 0.5],
        ['2026-11-02', 10, null],
      ],
    ),
  )
  assert.deepEqual(data, {
    columns: ['2', '10'],
    rows: ['2 Nov', '9 Nov'],
    cells: [
      [1, 1, 0.2],
      [0, 0, 0.5],
    ],
    highest: 0.5,
  })
})
