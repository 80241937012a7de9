import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planExpiry } from '../../../src/tables/maintenance/plan-expiry.ts'
import type { ExpiryOptions } from '../../../src/tables/index.ts'
import { emptyMetadata } from '../../../src/tables/metadata/metadata-updates.ts'
import type { SnapshotRef, TableMetadata } from '../../../src/tables/metadata/table-metadata.ts'

const hour = 3_600_000
const nowMs = 100 * hour

/** A table with a line of snapshots 1, 2, … of which `n` is `ages[n - 1]` hours old; `parents` bends the line. */
function tableOf(
  ages: readonly number[],
  refs: Readonly<Record<string, Partial<SnapshotRef>>>,
  options: { parents?: Readonly<Record<number, number>>; properties?: Readonly<Record<string, string>> } = {},
): TableMetadata {
  const empty = emptyMetadata('uuid', 'file:///w/a/t')
  const full = Object.fromEntries(
    Object.entries(refs).map(([name, ref]) => [
      name,
      { type: 'branch', 'snapshot-id': 1, ...ref } as SnapshotRef,
    ]),
  )
  return {
    ...empty,
    properties: options.properties ?? {},
    refs: full,
    'current-snapshot-id': full['main']!['snapshot-id'],
    snapshots: ages.map((age, index) => {
      const parent = options.parents?.[index + 1] ?? index
      return {
        'snapshot-id': index + 1,
        ...(parent === 0 ? {} : { 'parent-snapshot-id': parent }),
        'sequence-number': index + 1,
        'timestamp-ms': nowMs - age * hour,
        'manifest-list': `list-${index + 1}`,
        summary: {},
      }
    }),
  }
}

function expired(
  metadata: TableMetadata,
  options: ExpiryOptions = {},
  held: readonly string[] = [],
): unknown {
  const { snapshots, refs } = planExpiry(metadata, held, { ...options, nowMs })
  return [snapshots.map((snapshot) => snapshot['snapshot-id']), refs]
}

const ages = [9, 8, 7, 6, 5, 4, 3, 2, 1]
const main = { main: { 'snapshot-id': 9 } }

test('what is old goes, but for the last ones', () => {
  const line = tableOf(ages, main)
  assert.deepEqual(expired(line), [[], []], 'five days by default')
  assert.deepEqual(expired(line, { olderThanMs: 4 * hour }), [[1, 2, 3, 4, 5], []])
  assert.deepEqual(expired(line, { olderThanMs: 0, keepLast: 3 }), [[1, 2, 3, 4, 5, 6], []])
  assert.deepEqual(expired(line, { olderThanMs: 0, keepLast: 0 }), [[1, 2, 3, 4, 5, 6, 7, 8], []])
})

test("a table's properties say how long its snapshots stay", () => {
  const properties = {
    'history.expire.max-snapshot-age-ms': String(2 * hour),
    'history.expire.min-snapshots-to-keep': '4',
  }
  assert.deepEqual(expired(tableOf(ages, main, { properties })), [[1, 2, 3, 4, 5], []])
})

test('tags hold one snapshot, branches their line by their own rules; each goes when it is too old itself', () => {
  const line = tableOf(ages, {
    main: { 'snapshot-id': 9, 'min-snapshots-to-keep': 2 },
    tag: { type: 'tag', 'snapshot-id': 2 },
    slow: { 'snapshot-id': 6, 'max-snapshot-age-ms': 5 * hour },
    old: { type: 'tag', 'snapshot-id': 1, 'max-ref-age-ms': 8 * hour },
    kept: { type: 'tag', 'snapshot-id': 4, 'max-ref-age-ms': 6 * hour },
  })
  assert.deepEqual(expired(line, { olderThanMs: 0 }), [[1, 3, 7], ['old']])
})

test('after a rollback what is left aside goes by its age', () => {
  const bent = tableOf(ages, { main: { 'snapshot-id': 9 } }, { parents: { 9: 5 } })
  assert.deepEqual(expired(bent, { olderThanMs: 4 * hour, keepLast: 3 }), [[1, 2, 3], []])
  assert.deepEqual(expired(bent, { olderThanMs: 0, keepLast: 3 }), [[1, 2, 3, 6, 7, 8], []])
})

test('a reader holds its snapshot and all that came after it', () => {
  assert.deepEqual(expired(tableOf(ages, main), { olderThanMs: 0 }, ['6', '8']), [[1, 2, 3, 4, 5], []])
  const bent = tableOf(ages, main, { parents: { 9: 5 } })
  assert.deepEqual(expired(bent, { olderThanMs: 0 }, ['7']), [[1, 2, 3, 4, 5, 6, 8], []])
})
