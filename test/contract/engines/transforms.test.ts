import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { rawSql } from '../../../src/sql/index.ts'
import { partitionOf, type PrimitiveType } from '../../../src/tables/index.ts'
import { engines } from '../../support/engines.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { targetOf } from '../../support/write-target.ts'

const values: Readonly<Partial<Record<PrimitiveType, readonly string[]>>> = {
  int: ['34', '-34', '0', '2147483647'],
  long: ['34', '-1', '9223372036854775807', '-9223372036854775000'],
  'decimal(9,2)': ['14.20', '-0.05', '0.00', '-1.28', '1.28', '327.68', '-327.68'],
  'decimal(38,10)': ['-1234567890123456789012345678.0123456789', '9999999999999999999999999999.9999999999'],
  date: ['2017-11-16', '1960-02-29', '0001-01-01', '1969-12-31'],
  time: ['22:31:08', '00:00:00.000001'],
  timestamp: ['2017-11-16 22:31:08', '1969-12-31 23:59:59.999999'],
  timestamptz: ['2017-11-16 14:31:08-08', '1969-12-31 23:59:59.999999+00'],
  string: ['iceberg', '', 'é🧊x', 'abcd', 'abcdefgh1'],
  uuid: ['f79c3e09-677c-4bbd-a479-3f349cb785e7'],
}
const transforms = ['identity', 'year', 'month', 'day', 'hour', 'bucket[7]', 'truncate[2]', 'void']

for (const kind of engines)
  describe(`${kind.name} partitions by`, { skip: kind.skip }, () => {
    for (const transform of transforms)
      test(`${transform} of every type it is for, as the tables do`, async () => {
        await using folder = tempFolder()
        await using engine = await kind.open()
        for (const [type, texts] of Object.entries(values) as [PrimitiveType, readonly string[]][]) {
          if (!isFor(transform, type, texts[0]!)) continue
          const target = targetOf(`${folder.path}/${type}`, { v: type })
          const spec = {
            'spec-id': 0,
            fields: [{ 'source-id': 1, 'field-id': 1000, name: 'p', transform }],
          }
          for (const text of [...texts, null]) {
            const value = text === null ? 'NULL' : `'${text}'`
            const [file] = await engine.write({ ...target, spec }, rawSql(`select ${value} as v`))
            const wanted = partitionOf(transform, type, text)
            const given = file!.partition['p'] ?? null
            const result = transform === 'day' ? 'date' : isWhole(transform) ? 'int' : type
            assert.equal(partitionOf('identity', result, given), wanted, `${transform}(${type} ${text})`)
          }
        }
      })

    test('a member of a struct', async () => {
      await using folder = tempFolder()
      await using engine = await kind.open()
      const target = targetOf(folder.path, {
        at: { type: 'struct', fields: [{ id: 100, name: 'the day', required: false, type: 'date' }] },
      })
      const fields = [{ 'source-id': 100, 'field-id': 1000, name: 'at.the day_month', transform: 'month' }]
      const [file] = await engine.write(
        { ...target, spec: { 'spec-id': 0, fields } },
        rawSql(`select {'the day': date '2026-03-05'} as at`),
      )
      assert.deepEqual(file!.partition, { 'at.the day_month': 674 })
    })

    test('nothing that does not exist', async () => {
      await using folder = tempFolder()
      await using engine = await kind.open()
      const target = targetOf(folder.path, { v: 'string' })
      const fields = [{ 'source-id': 1, 'field-id': 1000, name: 'p', transform: 'zorder[3]' }]
      await assert.rejects(
        engine.write({ ...target, spec: { 'spec-id': 0, fields } }, rawSql(`select 'x' as v`)),
        { code: 'NACRE_INPUT', message: /'p' has transform 'zorder\[3\]' of column 'v'/ },
      )
    })
  })

function isFor(transform: string, type: PrimitiveType, value: string): boolean {
  try {
    partitionOf(transform, type, value)
    return true
  } catch {
    return false
  }
}

function isWhole(transform: string): boolean {
  return /^(year|month|hour|bucket)/.test(transform)
}
