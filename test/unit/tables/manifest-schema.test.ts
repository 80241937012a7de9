import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PrimitiveType } from '../../../src/tables/index.ts'
import { manifestEntrySchema } from '../../../src/tables/manifests/manifest-schema.ts'
import { typedPartitionFields } from '../../../src/tables/manifests/partition-tuples.ts'

test('partitions by a decimal are stored in the fewest bytes that hold its digits, as other readers expect', () => {
  for (let precision = 1; precision <= 38; precision++) {
    const type = `decimal(${precision},0)` as PrimitiveType
    const [field] = typedPartitionFields(
      { 'spec-id': 0, fields: [{ 'source-id': 1, 'field-id': 1000, name: 'price', transform: 'identity' }] },
      { type: 'struct', 'schema-id': 0, fields: [{ id: 1, name: 'price', required: false, type }] },
    )
    let size = 1
    while (2n ** BigInt(size * 8 - 1) < 10n ** BigInt(precision)) size++
    const text = JSON.stringify(manifestEntrySchema([field!]))
    assert.ok(
      text.includes(
        `{"type":"fixed","name":"decimal1000","size":${size},"logicalType":"decimal","precision":${precision},"scale":0}`,
      ),
      text,
    )
  }
})
