import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { columnBlocks, rowBlocks, type AvroBlock, type AvroBlockOptions } from '../../../src/avro/index.ts'
import { openEngine } from '../../../src/engines/index.ts'
import { inAvroShape } from '../../../src/publish/export-source.ts'
import { rawSql } from '../../../src/sql/index.ts'
import { avroSchemaOf } from '../../../src/tables/index.ts'
import { randomTables } from '../../support/random-tables.ts'

/** Some thousand rows, so that they come in more than one chunk; also as DuckDB holds constants and rows that were picked. */
const selects = [
  'select * from input',
  'select input.* from range(400) copies(copy_number), input order by copy_number',
  'select input.* from input, range(900) copies(copy_number) where copy_number % 7 <> 3',
]

test('columns are written byte by byte as rows are', async () => {
  await using engine = await openEngine({ name: 'duckdb', threads: 1 })
  await fc.assert(
    fc.asyncProperty(randomTables, fc.constantFrom(...selects), async ({ schema, rows }, select) => {
      await engine.attachRows('input', { schema }, rows)
      const options: AvroBlockOptions = {
        schema: avroSchemaOf(schema, 'random.table'),
        codec: 'null',
        blockBytes: 10_000,
      }
      const { batches } = await engine.query(rawSql(select))
      const byRow = await Array.fromAsync(rowBlocks(inAvroShape(batches, options.schema), options))
      const byColumn = await Array.fromAsync(columnBlocks(await engine.columns(rawSql(select)), options))
      assert.deepEqual(byColumn.map(summary), byRow.map(summary))
    }),
    { numRuns: 150 },
  )
})

function summary({ rowCount, data }: AvroBlock): object {
  return { rowCount, hex: Buffer.from(data).toString('hex') }
}
