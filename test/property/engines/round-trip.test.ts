import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sql } from '../../../src/sql/index.ts'
import type { IcebergType } from '../../../src/tables/index.ts'
import { engines } from '../../support/engines.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { targetOf } from '../../support/write-target.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((value) => value.replaceAll('\0', ''))
const moment = fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })
const long = fc
  .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value))

const values: Readonly<Record<string, { type: IcebergType; arbitrary: fc.Arbitrary<unknown> }>> = {
  flag: { type: 'boolean', arbitrary: fc.boolean() },
  small: { type: 'int', arbitrary: fc.integer() },
  large: { type: 'long', arbitrary: long },
  // JSON has no negative zero.
  ratio: { type: 'double', arbitrary: fc.double().map((value) => value + 0) },
  day: { type: 'date', arbitrary: moment.map((date) => date.toISOString().slice(0, 10)) },
  moment: { type: 'timestamptz', arbitrary: moment.map((date) => date.toISOString()) },
  text: { type: 'string', arbitrary: text },
  bytes: { type: 'binary', arbitrary: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)) },
  amount: {
    type: 'decimal(18,2)',
    arbitrary: fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }).map(cents),
  },
  tags: {
    type: { type: 'list', 'element-id': 100, element: 'string', 'element-required': false },
    arbitrary: fc.array(fc.option(text), { maxLength: 4 }),
  },
  device: {
    type: {
      type: 'struct',
      fields: [
        { id: 101, name: 'os', required: false, type: 'string' },
        { id: 102, name: 'seen', required: false, type: 'long' },
      ],
    },
    arbitrary: fc.record({ os: fc.option(text), seen: fc.option(long) }, { noNullPrototype: true }),
  },
}

const row = fc.record(
  Object.fromEntries(Object.entries(values).map(([name, { arbitrary }]) => [name, fc.option(arbitrary)])),
)
const columns = Object.fromEntries(Object.entries(values).map(([name, { type }]) => [name, type]))

for (const kind of engines)
  test(
    `${kind.name} reads the rows it has written, in whichever partitions`,
    { skip: kind.skip },
    async () => {
      await using folder = tempFolder()
      await using engine = await kind.open()
      const partitionings = [[], ['day(moment)'], ['identity(text)'], ['day(day)', 'identity(flag)']]
      await fc.assert(
        fc.asyncProperty(
          fc.array(row, { maxLength: 12 }),
          fc.constantFrom(...partitionings),
          async (rows, partitionBy) => {
            const target = targetOf(
              folder.path,
              { '!n': 'int', ...columns },
              { partitionBy, sortBy: ['large'] },
            )
            const numbered = rows.map((values, n) => ({ n, ...values }))
            await engine.attachRows('input', target, numbered)

            const files = await engine.write(target, sql`select * from input`)

            await engine.attachStaged('staged', target, files)
            assert.deepEqual(await engine.rows('select * from staged order by n'), numbered)
            for (const file of files) assert.equal(file.stats['1']?.valueCount, file.rowCount)
          },
        ),
        { numRuns: 60 },
      )
    },
  )

function cents(value: bigint): string {
  const digits = String(value < 0n ? -value : value).padStart(3, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}
