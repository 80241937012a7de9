import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NacreError, parseLossless, stringifyLossless } from '../../../src/base/index.ts'
import { applyUpdates, emptyMetadata } from '../../../src/tables/metadata/metadata-updates.ts'
import { parseMetadata } from '../../../src/tables/metadata/parse-metadata.ts'
import { parseTableUpdates } from '../../../src/tables/metadata/parse-updates.ts'
import type { TableMetadata } from '../../../src/tables/metadata/table-metadata.ts'

const location = 'file:///w/a/t'
/** Few enough that updates meet each other, some beyond 2^53. */
const snapshotId = fc.constantFrom<number | bigint>(1, 2, 3, 2n ** 53n + 1n, 2n ** 62n + 3n)
const smallId = fc.integer({ min: -1, max: 4 })
const fieldId = fc.integer({ min: 1, max: 5 })
const name = fc.constantFrom('main', 'audit', 'tag')

const schema = fc
  .uniqueArray(fc.record({ id: fieldId, type: fc.constantFrom('int', 'long', 'string') }), {
    minLength: 1,
    selector: ({ id }) => id,
  })
  .map((fields) => ({
    type: 'struct',
    fields: fields.map(({ id, type }) => ({ id, name: `c${id}`, required: false, type })),
  }))
const spec = fc
  .uniqueArray(
    fc.record({ source: fieldId, id: fc.option(fc.integer({ min: 1000, max: 1003 }), { nil: null }) }),
    {
      selector: ({ source }) => source,
      maxLength: 2,
    },
  )
  .map((fields) => ({
    fields: fields.map(({ source, id }) => ({
      'source-id': source,
      'field-id': id,
      name: `c${source}`,
      transform: 'identity',
    })),
  }))
const sortOrder = fc.uniqueArray(fieldId, { maxLength: 2 }).map((ids) => ({
  'order-id': 0,
  fields: ids.map((id) => ({
    'source-id': id,
    transform: 'identity',
    direction: 'asc',
    'null-order': 'nulls-first',
  })),
}))

const update: fc.Arbitrary<object> = fc.oneof(
  schema.map((value) => ({ action: 'add-schema', schema: value })),
  smallId.map((id) => ({ action: 'set-current-schema', 'schema-id': id })),
  spec.map((value) => ({ action: 'add-spec', spec: value })),
  smallId.map((id) => ({ action: 'set-default-spec', 'spec-id': id })),
  sortOrder.map((value) => ({ action: 'add-sort-order', 'sort-order': value })),
  smallId.map((id) => ({ action: 'set-default-sort-order', 'sort-order-id': id })),
  fc
    .record({
      id: snapshotId,
      sequence: fc.integer({ min: 0, max: 9 }),
      time: fc.integer({ min: 0, max: 99 }),
    })
    .map(({ id, sequence, time }) => ({
      action: 'add-snapshot',
      snapshot: {
        'snapshot-id': id,
        'sequence-number': sequence,
        'timestamp-ms': time,
        'manifest-list': `${location}/metadata/${id}`,
        summary: { operation: 'append' },
      },
    })),
  fc.record({ name, id: snapshotId, type: fc.constantFrom('branch', 'tag') }).map((ref) => ({
    action: 'set-snapshot-ref',
    'ref-name': ref.name,
    'snapshot-id': ref.id,
    type: ref.type,
  })),
  name.map((ref) => ({ action: 'remove-snapshot-ref', 'ref-name': ref })),
  fc.array(snapshotId, { maxLength: 2 }).map((ids) => ({ action: 'remove-snapshots', 'snapshot-ids': ids })),
  fc.array(smallId, { maxLength: 2 }).map((ids) => ({ action: 'remove-schemas', 'schema-ids': ids })),
  fc.array(smallId, { maxLength: 2 }).map((ids) => ({ action: 'remove-partition-specs', 'spec-ids': ids })),
  fc
    .dictionary(fc.constantFrom('a', 'b', '__proto__'), fc.string())
    .map((updates) => ({ action: 'set-properties', updates })),
  fc.constant({ action: 'remove-properties', removals: ['a'] }),
)

const first = [
  {
    action: 'add-schema',
    schema: { type: 'struct', fields: [{ id: 1, name: 'c1', required: false, type: 'int' }] },
  },
  { action: 'set-current-schema', 'schema-id': -1 },
  { action: 'add-spec', spec: { fields: [] } },
  { action: 'set-default-spec', 'spec-id': -1 },
  { action: 'add-sort-order', 'sort-order': { fields: [] } },
  { action: 'set-default-sort-order', 'sort-order-id': -1 },
]

function assertSound(before: TableMetadata, after: TableMetadata): void {
  const ids = (parts: readonly object[], key: string): unknown[] =>
    parts.map((part) => (part as Record<string, unknown>)[key])
  const lists = [
    ids(after.schemas, 'schema-id'),
    ids(after['partition-specs'], 'spec-id'),
    ids(after['sort-orders'], 'order-id'),
    ids(after.snapshots, 'snapshot-id'),
  ]
  for (const list of lists) assert.equal(new Set(list).size, list.length, 'ids are unique')
  assert.ok(lists[0]!.includes(after['current-schema-id']))
  assert.ok(lists[1]!.includes(after['default-spec-id']))
  assert.ok(lists[2]!.includes(after['default-sort-order-id']))
  for (const ref of Object.values(after.refs)) assert.ok(lists[3]!.includes(ref['snapshot-id']))
  assert.equal(after['current-snapshot-id'], after.refs['main']?.['snapshot-id'] ?? null)
  const log = after['snapshot-log']
  for (const entry of log) assert.ok(lists[3]!.includes(entry['snapshot-id']))
  log.slice(1).forEach((entry, index) => assert.ok(entry['timestamp-ms'] >= log[index]!['timestamp-ms']))
  if (after['current-snapshot-id'] !== null)
    assert.equal(log.at(-1)?.['snapshot-id'], after['current-snapshot-id'])
  for (const key of [
    'last-column-id',
    'last-partition-id',
    'last-sequence-number',
    'last-updated-ms',
  ] as const)
    assert.ok(after[key] >= before[key], `${key} never goes back`)
  const [columns] = [after.schemas.flatMap((one) => one.fields.map(({ id }) => id))]
  assert.ok(after['last-column-id'] >= Math.max(...columns))
  for (const snapshot of after.snapshots)
    assert.ok(snapshot['sequence-number'] <= after['last-sequence-number'])
  const sources = new Map<number, number>()
  for (const field of after['partition-specs'].flatMap(({ fields }) => fields)) {
    assert.equal(
      sources.get(field['field-id']) ?? field['source-id'],
      field['source-id'],
      'one source per id',
    )
    sources.set(field['field-id'], field['source-id'])
  }
}

test('metadata stays sound under any updates, and is the same as JSON and back', () => {
  let applied = 0
  fc.assert(
    fc.property(fc.array(fc.array(update, { minLength: 1, maxLength: 4 }), { maxLength: 25 }), (commits) => {
      const options = { nowMs: 50, previous: undefined }
      let metadata = applyUpdates(emptyMetadata('u', location), parseTableUpdates(first), options)
      commits.forEach((updates, index) => {
        const before = metadata
        const sent = parseTableUpdates(parseLossless(stringifyLossless(updates)))
        try {
          metadata = applyUpdates(before, sent, { nowMs: 50 + index, previous: `v${index}` })
        } catch (error) {
          assert.ok(error instanceof NacreError && error.code !== 'NACRE_INTERNAL', String(error))
          return
        }
        applied++
        assertSound(before, metadata)
        assert.deepEqual(parseMetadata(stringifyLossless(metadata), 'x'), metadata)
      })
    }),
    { numRuns: 300 },
  )
  assert.ok(applied > 300, `${applied} commits were applied`)
})
