import type { AvroSchema } from '../../avro/index.ts'
import { optional, primitiveAvroType, required } from './avro-fields.ts'
import type { TypedPartitionField } from './partition-tuples.ts'
import { decimalShape } from '../schema/primitive-codec.ts'

/** The Avro schema of a manifest's entries, with the field ids of https://iceberg.apache.org/spec/#manifests. */
export function manifestEntrySchema(
  fields: readonly TypedPartitionField[],
  options: { isOfDeletes?: boolean } = {},
): AvroSchema {
  const partition = {
    type: 'record',
    name: 'r102',
    fields: fields.map((field) => optional(field.name, field['field-id'], partitionType(field))),
  }
  const dataFile = {
    type: 'record',
    name: 'r2',
    fields: [
      required('content', 134, 'int'),
      required('file_path', 100, 'string'),
      required('file_format', 101, 'string'),
      required('partition', 102, partition),
      required('record_count', 103, 'long'),
      required('file_size_in_bytes', 104, 'long'),
      optional('column_sizes', 108, mapOf(117, 118, 'long')),
      optional('value_counts', 109, mapOf(119, 120, 'long')),
      optional('null_value_counts', 110, mapOf(121, 122, 'long')),
      optional('nan_value_counts', 137, mapOf(138, 139, 'long')),
      optional('lower_bounds', 125, mapOf(126, 127, 'bytes')),
      optional('upper_bounds', 128, mapOf(129, 130, 'bytes')),
      optional('key_metadata', 131, 'bytes'),
      optional('split_offsets', 132, { type: 'array', items: 'long', 'element-id': 133 }),
      optional('equality_ids', 135, { type: 'array', items: 'int', 'element-id': 136 }),
      optional('sort_order_id', 140, 'int'),
      ...(options.isOfDeletes ? [optional('referenced_data_file', 143, 'string')] : []),
    ],
  }
  return {
    type: 'record',
    name: 'manifest_entry',
    fields: [
      required('status', 0, 'int'),
      optional('snapshot_id', 1, 'long'),
      optional('sequence_number', 3, 'long'),
      optional('file_sequence_number', 4, 'long'),
      required('data_file', 2, dataFile),
    ],
  }
}

/** The Avro schema of a snapshot's list of manifests: https://iceberg.apache.org/spec/#manifest-lists. */
export const manifestListSchema: AvroSchema = {
  type: 'record',
  name: 'manifest_file',
  fields: [
    required('manifest_path', 500, 'string'),
    required('manifest_length', 501, 'long'),
    required('partition_spec_id', 502, 'int'),
    required('content', 517, 'int'),
    required('sequence_number', 515, 'long'),
    required('min_sequence_number', 516, 'long'),
    required('added_snapshot_id', 503, 'long'),
    required('added_files_count', 504, 'int'),
    required('existing_files_count', 505, 'int'),
    required('deleted_files_count', 506, 'int'),
    required('added_rows_count', 512, 'long'),
    required('existing_rows_count', 513, 'long'),
    required('deleted_rows_count', 514, 'long'),
    optional('partitions', 507, {
      type: 'array',
      'element-id': 508,
      items: {
        type: 'record',
        name: 'r508',
        fields: [
          required('contains_null', 509, 'boolean'),
          optional('contains_nan', 518, 'boolean'),
          optional('lower_bound', 510, 'bytes'),
          optional('upper_bound', 511, 'bytes'),
        ],
      },
    }),
    optional('key_metadata', 519, 'bytes'),
  ],
}

/** As https://iceberg.apache.org/spec/#avro says; rows of feeds have decimals of any length, so that precision may grow. */
function partitionType({ type, 'field-id': id }: TypedPartitionField): AvroSchema {
  if (type === 'uuid') return { type: 'fixed', name: `uuid${id}`, size: 16, logicalType: 'uuid' }
  const decimal = decimalShape(type)
  if (decimal === undefined) return primitiveAvroType(type, id)
  // The fewest bytes that hold the digits and a sign.
  const size = Math.ceil((Math.log2(10) * decimal.precision + 1) / 8)
  return { type: 'fixed', name: `decimal${id}`, size, logicalType: 'decimal', ...decimal }
}

/** Avro has no maps with integer keys: Iceberg writes them as arrays of pairs. */
function mapOf(keyId: number, valueId: number, value: AvroSchema): AvroSchema {
  const fields = [required('key', keyId, 'int'), required('value', valueId, value)]
  return {
    type: 'array',
    logicalType: 'map',
    items: { type: 'record', name: `k${keyId}_v${valueId}`, fields },
  }
}
