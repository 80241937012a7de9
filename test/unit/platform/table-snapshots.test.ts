import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authorOf, outsideWriters, sizeTrend, snapshotPage } from '../../../src/platform/table-snapshots.ts'
import type { Snapshot, TableMetadata } from '../../../src/tables/index.ts'

const snapshot = (
  id: number,
  parent: number | null,
  summary: Readonly<Record<string, string>> = {},
): Snapshot => ({
  'snapshot-id': id,
  ...(parent === null ? {} : { 'parent-snapshot-id': parent }),
  'sequence-number': id,
  'timestamp-ms': Date.UTC(2026, 0, id),
  'manifest-list': '',
  summary: { 'total-records': String(id * 100), ...summary },
})

/** What is looked at of a table. */
const metadataOf = (
  snapshots: readonly Snapshot[],
  current: number,
  refs: TableMetadata['refs'] = {},
): TableMetadata =>
  ({
    snapshots,
    'current-snapshot-id': current,
    refs: { main: { 'snapshot-id': current, type: 'branch' }, ...refs },
  }) as unknown as TableMetadata

test('the current state, its history, and what was set aside', () => {
  const all = [snapshot(1, null), snapshot(2, 1), snapshot(3, 2), snapshot(4, 2)]
  const tag = { 'snapshot-id': 1, type: 'tag' } as const
  const { snapshots, total } = snapshotPage(metadataOf(all, 4, { first: tag }), { limit: 10 })
  assert.equal(total, 4)
  assert.deepEqual(
    snapshots.map((one) => [
      one.snapshotId,
      one.isCurrent,
      one.isInHistory,
      one.refs.map(({ name }) => name),
    ]),
    [
      ['4', true, true, ['main']],
      ['3', false, false, []],
      ['2', false, true, []],
      ['1', false, true, ['first']],
    ],
  )
})

test('pages go on where the one before ended, and a gone snapshot is told', () => {
  const metadata = metadataOf([snapshot(1, null), snapshot(2, 1), snapshot(3, 2)], 3)
  const first = snapshotPage(metadata, { limit: 2 })
  assert.equal(first.nextBefore, '2')
  const second = snapshotPage(metadata, { limit: 2, before: '2' })
  assert.deepEqual([second.snapshots.map((one) => one.snapshotId), second.nextBefore], [['1'], null])
  assert.throws(() => snapshotPage(metadata, { limit: 2, before: '77' }), { code: 'NACRE_NOT_FOUND' })
})

test('a table without a snapshot, and a history whose begin has expired', () => {
  const empty = { snapshots: [], refs: {}, 'current-snapshot-id': null } as unknown as TableMetadata
  assert.deepEqual(snapshotPage(empty, { limit: 5 }), { snapshots: [], total: 0, nextBefore: null })
  assert.deepEqual(sizeTrend(empty), [])
  const [only] = snapshotPage(metadataOf([snapshot(5, 4)], 5), { limit: 5 }).snapshots
  assert.deepEqual([only!.isInHistory, only!.parentId], [true, '4'])
})

test('the trend follows the history only, thinned out evenly with both ends kept', () => {
  const line = Array.from({ length: 200 }, (_, index) => snapshot(index + 1, index === 0 ? null : index))
  const trend = sizeTrend(metadataOf([...line, snapshot(900, 150)], 200))
  assert.equal(trend.length, 60)
  assert.deepEqual([trend[0]!.rows, trend.at(-1)!.rows], [100, 20_000])
})

test('a size that summaries leave out is not told', () => {
  const metadata = metadataOf([snapshot(1, null), snapshot(2, 1, { 'total-files-size': '70' })], 2)
  assert.deepEqual(
    sizeTrend(metadata).map(({ sizeBytes }) => sizeBytes),
    [null, 70],
  )
})

test('who made a snapshot', () => {
  assert.deepEqual(authorOf({ 'nacre.job': 'count', 'nacre.run-id': 'r' }), {
    kind: 'run',
    job: 'count',
    runId: 'r',
  })
  assert.deepEqual(authorOf({ 'engine-name': 'spark', 'engine-version': '3.5' }), {
    kind: 'engine',
    name: 'spark 3.5',
  })
  assert.deepEqual(authorOf({ 'spark.app.id': 'x' }), { kind: 'engine', name: 'Spark' })
  assert.deepEqual(authorOf({ trino_query_id: 'x' }), { kind: 'engine', name: 'Trino' })
  assert.equal(authorOf({}), null)
  const engines = outsideWriters(
    metadataOf(
      [
        snapshot(1, null, { 'engine-name': 'a' }),
        snapshot(2, 1, { 'engine-name': 'b' }),
        snapshot(3, 2, { 'engine-name': 'a' }),
      ],
      3,
    ),
  )
  assert.deepEqual(
    engines.map(({ name, lastAt }) => `${name} ${lastAt.slice(0, 10)}`),
    ['a 2026-01-03', 'b 2026-01-02'],
  )
})
