import { countOf } from '../base/index.ts'
import type { PartitionSpec, Schema, SortOrder } from '../tables/index.ts'
import { placedFields } from './table-fields.ts'

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** How a table is divided, outermost first: `by day of at`. Empty when it is not. */
export function partitionWords(spec: PartitionSpec, schema: Schema): readonly string[] {
  const fields = placedFields(schema)
  return spec.fields.flatMap(({ 'source-id': source, transform }) => {
    const column = fields.get(source)?.path ?? `field ${source}, which was dropped`
    const [, kind, size] = /^(\w+)(?:\[(\d+)\])?$/.exec(transform) ?? [undefined, transform, undefined]
    switch (kind) {
      case 'void':
        return []
      case 'identity':
        return [`by ${column}`]
      case 'bucket':
        return [`by ${column} in ${countOf(Number(size), 'bucket')}`]
      case 'truncate':
        return [`by ${column} cut to ${size}`]
      default:
        return [kind === column ? `by ${kind}` : `by ${kind} of ${column}`]
    }
  })
}

/** How rows of a file are ordered: `user_id`, `at descending`. */
export function sortWords(order: SortOrder | undefined, schema: Schema): readonly string[] {
  const fields = placedFields(schema)
  return (order?.fields ?? []).map(({ 'source-id': source, transform, direction }) => {
    const column = fields.get(source)?.path ?? `field ${source}`
    const what = transform === 'identity' ? column : `${transform} of ${column}`
    return direction === 'desc' ? `${what} descending` : what
  })
}

/** What a snapshot did, from its summary. Keys: https://iceberg.apache.org/spec/#optional-snapshot-summary-fields. */
export function changeWords(summary: Readonly<Record<string, string>>): string {
  const count = (key: string): number => Number(summary[key] ?? 0)
  const [added, removed] = [count('added-records'), count('deleted-records')]
  const [filesAdded, filesRemoved] = [count('added-data-files'), count('deleted-data-files')]
  const marked = count('added-position-deletes') + count('added-equality-deletes')
  const partitions = count('changed-partition-count')
  const within = partitions > 1 ? ` in ${countOf(partitions, 'partition')}` : ''
  const files = ` in ${countOf(filesAdded, 'file')}`
  if (summary['operation'] === 'replace')
    return filesAdded + filesRemoved === 0
      ? 'tidied its manifests'
      : `compacted ${countOf(filesRemoved, 'file')} into ${whole.format(filesAdded)}`
  if (marked > 0)
    return `marked ${countOf(marked, 'row')} as deleted${added === 0 ? '' : `, added ${countOf(added, 'row')}${files}`}`
  if (added === 0 && removed === 0) return 'changed no rows'
  if (removed === 0) return `appended ${countOf(added, 'row')}${files}`
  if (added === 0) return `removed ${countOf(removed, 'row')}${within}`
  return `replaced ${countOf(removed, 'row')} with ${whole.format(added)}${within}`
}
