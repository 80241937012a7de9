import { NacreError } from '../base/index.ts'
import { avroTypeOf, type AvroSchema, type AvroType } from './avro-type.ts'
import type { BlockEncoder } from './block-buffer.ts'

/** Encodes batches of rows by a schema. Throws NACRE_INPUT for a row that does not fit, naming the field. */
export function rowEncoder(schema: AvroSchema): BlockEncoder<readonly object[]> {
  const type = avroTypeOf(schema)
  let rows: readonly object[] = []
  return {
    load(batch) {
      rows = batch
      return rows.length
    },
    write(row, bytes, at) {
      const end = type.encode(rows[row], bytes, at)
      // avsc answers minus the number of bytes that were missing.
      return end >= 0 ? end : bytes.length - end
    },
    explain: (row, error) => explainMisfit(type, rows[row]!, error),
  }
}

function explainMisfit(type: AvroType, row: object, cause: unknown): unknown {
  let misfit: { field: string; value: unknown; expected: string } | undefined
  type.isValid(row, {
    errorHook(path, value, expected) {
      misfit ??= { field: path.join('.'), value, expected: expected.typeName }
    },
  })
  if (misfit === undefined) return cause
  const shown =
    typeof misfit.value === 'bigint' ? `${misfit.value}` : (JSON.stringify(misfit.value) ?? 'nothing')
  return new NacreError(
    'NACRE_INPUT',
    `Field '${misfit.field}' of a row cannot be written to Avro: ${shown.slice(0, 100)} does not fit ${misfit.expected}.`,
    { cause },
  )
}
