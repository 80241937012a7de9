import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayOf, type DataFile, type PartitionTuple, type TableChange } from '../../../src/tables/index.ts'
import { entryStatus, type Manifest, type ManifestEntry } from '../../../src/tables/manifests/manifest.ts'
import type { ManifestListEntry } from '../../../src/tables/manifests/manifest-list.ts'
import { applyUpdates, emptyMetadata } from '../../../src/tables/metadata/metadata-updates.ts'
import { contentsNeeded, planCommit, type LiveManifest } from '../../../src/tables/commit/plan-commit.ts'
import { planCreation } from '../../../src/tables/definition/plan-definition.ts'
import { summarizePartitions } from '../../../src/tables/manifests/partition-summaries.ts'
import { typedPartitionFields } from '../../../src/tables/manifests/partition-tuples.ts'
import type { SnapshotPlan } from '../../../src/tables/commit/stage-snapshot.ts'
import { editOf } from '../../../src/tables/commit/table-edit.ts'
import {
  currentSchema,
  currentSpec,
  type TableMetadata,
} from '../../../src/tables/metadata/table-metadata.ts'
import { define } from '../../support/temp-catalog.ts'

const at = { nowMs: 0, previous: 'file:///w/a/t/metadata/0.metadata.json' }
const location = 'file:///w/a/t'
const created = applyUpdates(
  emptyMetadata('uuid', location),
  planCreation(define('a.t', { columns: { day: 'date', x: 'long' }, partitionBy: [dayOf('day')] })),
  { nowMs: 0, previous: undefined },
)
const [monday, tuesday] = [{ day_day: '2026-01-05' }, { day_day: '2026-01-06' }]

const file = (name: string, partition: PartitionTuple, rowCount = 10): DataFile => ({
  path: `${location}/data/${name}`,
  rowCount,
  sizeBytes: 100,
  partition,
  stats: {},
})

/** A table in memory: metadata with the content of the manifests of its current snapshot. */
interface State {
  readonly metadata: TableMetadata
  readonly live: readonly LiveManifest[]
}

let snapshotCount = 0

function plan({ metadata, live }: State, change: object): SnapshotPlan | undefined {
  const edit = editOf(metadata, [{ table: 'a.t', ...change } as TableChange])
  const needed = contentsNeeded(
    metadata,
    live.map(({ listed }) => listed),
    edit,
  )
  const known = live.map(({ listed, content }) => ({
    listed,
    content: needed.has(listed) ? content : undefined,
  }))
  const commitId = `01990000-0000-7000-8000-${String(++snapshotCount).padStart(12, '0')}`
  const inputs = { snapshotId: snapshotCount, commitId, nowMs: 0, branch: 'main', summary: {} }
  return planCommit(metadata, known, edit, inputs)
}

function commit(state: State, change: object): State {
  const planned = plan(state, change)!
  const written = new Map(planned.files.map(({ uri, content }) => [uri, content]))
  const before = new Map(state.live.map((manifest) => [manifest.listed.manifest_path, manifest.content]))
  const list = planned.files.at(-1)!.content as ManifestListEntry[]
  return {
    metadata: applyUpdates(state.metadata, planned.updates, at),
    live: list.map((listed) => ({
      listed,
      content: (written.get(listed.manifest_path) ?? before.get(listed.manifest_path)) as Manifest,
    })),
  }
}

/** The state after another engine has added delete files: each with its partition and how many rows it names. */
function withDeletes(
  { metadata, live }: State,
  deletes: readonly { name: string; partition: PartitionTuple; only?: string; rows?: number }[],
): State {
  const sequence = metadata['last-sequence-number'] + 1
  const snapshotId = ++snapshotCount
  const [schema, spec] = [currentSchema(metadata), currentSpec(metadata)]
  const manifests = deletes.map(({ name, partition, only, rows = 1 }): LiveManifest => {
    const entry: ManifestEntry = {
      status: entryStatus.added,
      snapshot_id: snapshotId,
      sequence_number: sequence,
      file_sequence_number: sequence,
      data_file: {
        content: 1,
        file_path: `${location}/data/${name}`,
        file_format: 'PARQUET',
        partition,
        record_count: rows,
        file_size_in_bytes: 10,
        column_sizes: null,
        value_counts: null,
        null_value_counts: null,
        nan_value_counts: null,
        lower_bounds: null,
        upper_bounds: null,
        key_metadata: null,
        split_offsets: null,
        equality_ids: null,
        sort_order_id: null,
        referenced_data_file: only === undefined ? null : `${location}/data/${only}`,
      },
    }
    return {
      content: { schema, spec, entries: [entry] },
      listed: {
        manifest_path: `${location}/metadata/${name}.avro`,
        manifest_length: 1,
        partition_spec_id: 0,
        content: 1,
        sequence_number: sequence,
        min_sequence_number: sequence,
        added_snapshot_id: snapshotId,
        added_files_count: 1,
        existing_files_count: 0,
        deleted_files_count: 0,
        added_rows_count: 1,
        existing_rows_count: 0,
        deleted_rows_count: 0,
        partitions: summarizePartitions(typedPartitionFields(spec, schema), [partition]),
        key_metadata: null,
      },
    }
  })
  const snapshot = {
    'snapshot-id': snapshotId,
    'parent-snapshot-id': metadata['current-snapshot-id']!,
    'sequence-number': sequence,
    'timestamp-ms': 0,
    'manifest-list': `${location}/metadata/list-${snapshotId}`,
    summary: { operation: 'delete', 'total-delete-files': String(deletes.length) },
    'schema-id': 0,
  }
  return {
    metadata: applyUpdates(
      metadata,
      [
        { action: 'add-snapshot', snapshot },
        { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': snapshotId },
      ],
      at,
    ),
    live: [...live, ...manifests],
  }
}

const namesOf = ({ live }: State, content: number): string[] =>
  live
    .filter(({ listed }) => listed.content === content)
    .flatMap(({ content: manifest }) => manifest!.entries)
    .filter(({ status }) => status !== entryStatus.deleted)
    .map(({ data_file: one }) => one.file_path.slice(`${location}/data/`.length))
    .toSorted()

const filled = commit(
  { metadata: created, live: [] },
  { kind: 'append', files: [file('a', monday), file('b', monday), file('c', tuesday)] },
)
const marked = withDeletes(filled, [
  { name: 'd1', partition: monday },
  { name: 'd2', partition: tuesday, rows: 4 },
])

test('deletes of other engines stay as long as one of their files does, and go with the last', () => {
  const appended = commit(marked, { kind: 'append', files: [file('e', monday)] })
  assert.deepEqual(namesOf(appended, 1), ['d1', 'd2'])
  const basedOn = String(appended.metadata['current-snapshot-id'])
  const change = { kind: 'rewrite', basedOn }
  const one = commit(appended, {
    ...change,
    removes: [`${location}/data/a`],
    files: [file('a2', monday, 9)],
  })
  assert.deepEqual(namesOf(one, 1), ['d1', 'd2'], 'b may have rows that d1 names')
  const both = commit(one, {
    ...change,
    removes: [`${location}/data/b`],
    files: [file('b2', monday, 10)],
  })
  assert.deepEqual([namesOf(both, 0), namesOf(both, 1)], [['a2', 'b2', 'c', 'e'], ['d2']])
  const { summary } = both.metadata.snapshots.at(-1)!
  assert.deepEqual(
    [summary['total-delete-files'], summary['removed-delete-files'], summary['removed-position-deletes']],
    ['1', '1', '1'],
  )
})

test('an overwritten day takes its deletes with it; a replaced table all of them', () => {
  const overwritten = commit(marked, {
    kind: 'overwrite-partitions',
    partitions: [tuesday],
    files: [file('f', tuesday)],
  })
  assert.deepEqual([namesOf(overwritten, 0), namesOf(overwritten, 1)], [['a', 'b', 'f'], ['d1']])
  const replaced = commit(marked, { kind: 'replace', files: [file('g', monday)] })
  assert.deepEqual([namesOf(replaced, 0), namesOf(replaced, 1)], [['g'], []])
})

test('a delete that names one file says nothing of its neighbours', () => {
  const named = withDeletes(filled, [{ name: 'd', partition: monday, only: 'a' }])
  const change = { kind: 'rewrite', basedOn: String(named.metadata['current-snapshot-id']) }
  const gone = commit(named, {
    ...change,
    removes: [`${location}/data/a`],
    files: [file('a2', monday, 9)],
  })
  assert.deepEqual(namesOf(gone, 1), [])
})

test('rows that were deleted since files were read do not come back', () => {
  const basedOn = String(filled.metadata['current-snapshot-id'])
  const change = {
    kind: 'rewrite',
    basedOn,
    removes: [`${location}/data/a`],
    files: [file('a2', monday, 10)],
  }
  assert.throws(() => plan(marked, change), {
    code: 'NACRE_COMMIT_CONFLICT',
    message: /rows of the files read were deleted since/,
  })
})

test('a rewrite keeps as many rows as there were but for those that deletes may name', () => {
  const basedOn = String(marked.metadata['current-snapshot-id'])
  const rewrite = (rows: number): object => ({
    kind: 'rewrite',
    basedOn,
    removes: [`${location}/data/c`],
    files: [file('c2', tuesday, rows)],
  })
  for (const rows of [6, 10]) assert.ok(plan(marked, rewrite(rows)))
  for (const rows of [5, 11]) assert.throws(() => plan(marked, rewrite(rows)), { code: 'NACRE_INPUT' })
})

test('manifests are bounded and in order of partition, so that a commit of one day writes few entries anew', () => {
  const days = Array.from({ length: 100 }, (_, index) => ({
    day_day: new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10),
  }))
  const files = Array.from({ length: 5000 }, (_, index) => file(`f${index}`, days[(index * 37) % 100]!))
  const large = commit({ metadata: created, live: [] }, { kind: 'append', files })
  assert.equal(large.live.length, 20)
  assert.ok(large.live.every(({ content }) => content!.entries.length === 250))
  const planned = plan(large, {
    kind: 'overwrite-partitions',
    partitions: [days[42]!],
    files: [file('new', days[42]!)],
  })!
  const written = planned.files.flatMap(({ content }) =>
    Array.isArray(content) ? [] : (content as Manifest).entries,
  )
  assert.ok(written.length <= 501, `${written.length} entries`)
  assert.equal(written.filter(({ status }) => status === entryStatus.deleted).length, 50)
})
