import assert from 'node:assert/strict'
import { test } from 'node:test'
import { murmur3 } from '../../../src/tables/schema/murmur3.ts'
import { partitionOf } from '../../../src/tables/manifests/partition-tuples.ts'
import { parseValue, serializeValue } from '../../../src/tables/schema/primitive-codec.ts'
import type { PrimitiveType } from '../../../src/tables/index.ts'
import { parseTransform } from '../../../src/tables/schema/transforms.ts'

test('hashes are those of Appendix B of the specification', () => {
  const hashOf = (type: PrimitiveType, value: string): number => {
    const isLong = !/^(string|uuid|binary|fixed|decimal)/.test(type)
    return murmur3(serializeValue(isLong ? 'long' : type, parseValue(type, value)))
  }
  const vectors: readonly [PrimitiveType, string, number][] = [
    ['int', '34', 2017239379],
    ['long', '34', 2017239379],
    ['decimal(9,2)', '14.20', -500754589],
    ['date', '2017-11-16', -653330422],
    ['time', '22:31:08', -662762989],
    ['timestamp', '2017-11-16T22:31:08', -2047944441],
    ['timestamptz', '2017-11-16T14:31:08-08:00', -2047944441],
    ['string', 'iceberg', 1210000089],
    ['uuid', 'f79c3e09-677c-4bbd-a479-3f349cb785e7', 1488055340],
    ['fixed[4]', '00010203', -188683207],
    ['binary', '00010203', -188683207],
  ]
  for (const [type, value, hash] of vectors) assert.equal(hashOf(type, value), hash, `${type} ${value}`)
})

test('partition values are those of the specification', () => {
  const cases: readonly [string, PrimitiveType, string | number, unknown][] = [
    ['year', 'date', '1969-12-31', -1],
    ['month', 'date', '1969-12-31', -1],
    ['year', 'timestamptz', '2026-03-05T00:00:00Z', 56],
    ['month', 'timestamp', '2026-03-05T00:00:00', 674],
    ['day', 'timestamp', '1969-12-31T23:59:59.999999', '1969-12-31'],
    ['day', 'date', '1969-12-31', '1969-12-31'],
    ['hour', 'timestamptz', '1969-12-31T23:59:59Z', -1],
    ['hour', 'timestamp', '1970-01-01T01:00:00', 1],
    ['truncate[10]', 'int', 1, 0],
    ['truncate[10]', 'int', -1, -10],
    ['truncate[10]', 'long', '9007199254741003', '9007199254741000'],
    ['truncate[50]', 'decimal(9,2)', '10.65', '10.50'],
    ['truncate[50]', 'decimal(9,2)', '-0.01', '-0.50'],
    ['truncate[3]', 'string', 'iceberg', 'ice'],
    ['truncate[3]', 'string', '🧊é', '🧊é'],
    ['truncate[1]', 'string', '🧊é', '🧊'],
    ['truncate[2]', 'binary', '0a0b0c', '0a0b'],
    ['bucket[16]', 'string', 'iceberg', 1210000089 % 16],
    ['bucket[100]', 'decimal(9,2)', '14.20', (-500754589 & 0x7fffffff) % 100],
    ['void', 'string', 'x', null],
    ['identity', 'uuid', 'F79C3E09-677C-4BBD-A479-3F349CB785E7', 'f79c3e09-677c-4bbd-a479-3f349cb785e7'],
  ]
  for (const [transform, type, value, wanted] of cases)
    assert.equal(partitionOf(transform, type, value), wanted, `${transform}(${type} ${value})`)
  assert.equal(partitionOf('bucket[4]', 'string', null), null)
})

test('transforms that do not exist, or not for a type, are refused', () => {
  for (const text of ['bucket', 'bucket[0]', 'bucket[-1]', 'truncate[]', 'zorder', 'days', 'year[2]'])
    assert.equal(parseTransform(text), undefined, text)
  const wrong: readonly [string, PrimitiveType][] = [
    ['hour', 'date'],
    ['day', 'string'],
    ['bucket[4]', 'double'],
    ['bucket[4]', 'boolean'],
    ['truncate[4]', 'uuid'],
    ['zorder', 'int'],
  ]
  for (const [transform, type] of wrong)
    assert.throws(() => partitionOf(transform, type, '1'), { code: 'NACRE_INPUT' }, `${transform}(${type})`)
})
