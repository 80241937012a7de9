import { isDeepStrictEqual } from 'node:util'
import type { Schema, TableMetadata } from '../tables/index.ts'
import { compareSchemas } from './table-schema-history.ts'
import { partitionWords, sortWords } from './table-words.ts'

/** What became of a table's definition, in words: `renamed total to amount`, `partitioned by month of at`. Empty when it is the same. */
export function describeEvolution(before: TableMetadata, after: TableMetadata): readonly string[] {
  const schema = schemaOf(after)
  const [oldSpec, spec] = [specOf(before), specOf(after)]
  const [oldOrder, order] = [orderOf(before), orderOf(after)]
  return [
    ...compareSchemas(schemaOf(before), schema).map(({ words }) => words),
    ...(isDeepStrictEqual(meaningOf(oldSpec.fields), meaningOf(spec.fields))
      ? []
      : [`partitioned ${partitionWords(spec, schema).join(', ') || 'no more'}`]),
    ...(isDeepStrictEqual(meaningOf(oldOrder?.fields), meaningOf(order?.fields))
      ? []
      : [
          `sorted ${
            sortWords(order, schema)
              .join(', ')
              .replace(/^(?=.)/, 'by ') || 'no more'
          }`,
        ]),
    ...changedProperties(before.properties, after.properties),
  ]
}

/** Columns are known by id, so that a renamed one divides and orders as before. */
function meaningOf(
  fields: readonly { 'source-id': number; transform: string; direction?: string }[] = [],
): unknown {
  return fields
    .filter(({ transform }) => transform !== 'void')
    .map(({ 'source-id': source, transform, direction }) => ({ source, transform, direction }))
}

/** What a definition says beside columns, by the property that holds it. */
const declared = {
  comment: 'description',
  'nacre.team': 'team',
  'nacre.owner': 'owner',
  'nacre.key': 'key',
  'nacre.subject': 'subject',
  'nacre.personal': 'personal columns',
  'nacre.fresh-within': 'promised freshness',
} satisfies Record<string, string>

type Properties = TableMetadata['properties']

function changedProperties(before: Properties, after: Properties): readonly string[] {
  return Object.entries(declared).flatMap(([property, noun]) => {
    const value = after[property]
    if (before[property] === value) return []
    if (value === undefined) return [`${noun} taken back`]
    return [property === 'comment' ? 'described anew' : `${noun} ${value}`]
  })
}

function schemaOf(metadata: TableMetadata): Schema {
  return metadata.schemas.find((one) => one['schema-id'] === metadata['current-schema-id'])!
}

function specOf(metadata: TableMetadata): TableMetadata['partition-specs'][number] {
  return metadata['partition-specs'].find((one) => one['spec-id'] === metadata['default-spec-id'])!
}

function orderOf(metadata: TableMetadata): TableMetadata['sort-orders'][number] | undefined {
  return metadata['sort-orders'].find((one) => one['order-id'] === metadata['default-sort-order-id'])
}
