import { NacreError } from '../base/index.ts'
import type { AvroSchema } from './avro-type.ts'
import type { BlockEncoder } from './block-buffer.ts'
import type { Column, ColumnBatch } from './column.ts'
import { columnWriter } from './column-writer.ts'

/**
 * Encodes batches of columns by a record schema, without making an object of a row or a string of a text. A field is the column
 * of its name, or of its `iceberg-field-name`. Throws NACRE_INPUT for a schema with unions other than with null.
 */
export function columnEncoder(schema: AvroSchema): BlockEncoder<ColumnBatch> {
  const writer = columnWriter(schema, '')
  return {
    load({ rowCount, columns }) {
      const row: Column = { valid: undefined, values: { kind: 'struct', fields: columns } }
      writer.load(row)
      return rowCount
    },
    write: writer.write,
    explain: (_row, error) =>
      error instanceof NacreError ? error : new NacreError('NACRE_INTERNAL', String(error), { cause: error }),
  }
}
