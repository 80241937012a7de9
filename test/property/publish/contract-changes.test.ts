import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { whyUnreadable, type AvroSchema } from '../../../src/avro/index.ts'
import { contractChanges } from '../../../src/publish/contract-changes.ts'

const primitive = fc.constantFrom<AvroSchema>('int', 'long', 'float', 'double', 'string', 'bytes', 'boolean')
const optional = (type: fc.Arbitrary<AvroSchema>): fc.Arbitrary<AvroSchema> =>
  fc.tuple(type, fc.boolean()).map(([one, nullable]): AvroSchema => (nullable ? ['null', one] : one))
const nested: fc.Arbitrary<AvroSchema> = fc.oneof(
  { weight: 3, arbitrary: optional(primitive) },
  { weight: 1, arbitrary: optional(primitive).map((items) => ({ type: 'array', items })) },
  { weight: 1, arbitrary: optional(primitive).map((values) => ({ type: 'map', values })) },
)
const record: fc.Arbitrary<AvroSchema> = fc
  .dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.tuple(nested, fc.boolean()), { maxKeys: 4 })
  .map((fields) => ({
    type: 'record',
    name: 'rows',
    fields: Object.entries(fields).map(([name, [type, hasDefault]]) => ({
      name,
      type,
      ...(hasDefault && Array.isArray(type) ? { default: null } : {}),
    })),
  }))

test('what Avro cannot resolve is always told, and what breaks backward is only that', () => {
  fc.assert(
    fc.property(record, record, (before, after) => {
      const changes = contractChanges(before, after)
      // A dropped field breaks forward here even where Avro would fill in a default.
      assert.equal(
        changes.some(({ breaksBackward }) => breaksBackward),
        whyUnreadable(after, before) !== null,
      )
      if (whyUnreadable(before, after) !== null) assert.ok(changes.some(({ breaksForward }) => breaksForward))
      assert.ok(
        changes.every(({ field }) => field !== ''),
        'every change is told by its field, none only by Avro',
      )
    }),
    { numRuns: 2000 },
  )
})
