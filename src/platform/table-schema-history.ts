import { typeText, type Schema, type TableMetadata } from '../tables/index.ts'
import { outerType, placedFields, type PlacedField } from './table-fields.ts'

/** One difference between a schema and the one before. */
export interface SchemaChange {
  readonly kind:
    | 'dropped'
    | 'renamed'
    | 'retyped'
    | 'required'
    | 'optional'
    | 'added'
    | 'moved'
    | 'documented'
  /** The field's path; of a dropped one the path it had. */
  readonly column: string
  /** `renamed user to user_id` */
  readonly words: string
}

/** A schema that a table has or had. */
export interface SchemaVersion {
  readonly schemaId: number
  readonly isCurrent: boolean
  /** Top-level columns. */
  readonly columns: number
  /** When the first of the snapshots that are kept was written under it; null when none was. */
  readonly firstUsedAt: string | null
  /** Against the version before; empty for the first. */
  readonly changes: readonly SchemaChange[]
}

/** Every schema of a table, newest first. */
export function schemaHistory(metadata: TableMetadata): readonly SchemaVersion[] {
  const schemas = metadata.schemas.toSorted((one, other) => one['schema-id'] - other['schema-id'])
  return schemas
    .map((schema, index): SchemaVersion => {
      const before = schemas[index - 1]
      const first = metadata.snapshots.find((snapshot) => snapshot['schema-id'] === schema['schema-id'])
      return {
        schemaId: schema['schema-id'],
        isCurrent: schema['schema-id'] === metadata['current-schema-id'],
        columns: schema.fields.length,
        firstUsedAt: first === undefined ? null : new Date(first['timestamp-ms']).toISOString(),
        changes: before === undefined ? [] : compareSchemas(before, schema),
      }
    })
    .toReversed()
}

/** What became of each field, by its id: names tell nothing, for a dropped and an added field may share one. */
export function compareSchemas(before: Schema, after: Schema): readonly SchemaChange[] {
  const old = placedFields(before)
  const now = placedFields(after)
  const kept = [...now.values()].flatMap((field) => {
    const former = old.get(field.id)
    return former === undefined ? [] : [{ former, field }]
  })
  return [
    ...outermost(old, now).map((field) => ({
      kind: 'dropped' as const,
      column: field.path,
      words: `dropped ${field.path} (${typeText(field.type)})`,
    })),
    ...kept.flatMap(({ former, field }) => changesOf(former, field)),
    ...outermost(now, old).map((field) => ({
      kind: 'added' as const,
      column: field.path,
      words: `added ${field.path} (${typeText(field.type)}${field.required ? ', required' : ''})`,
    })),
    ...movesOf(old, now),
    ...kept.flatMap(({ former, field }) =>
      former.doc === field.doc
        ? []
        : [{ kind: 'documented' as const, column: field.path, words: `described ${field.path} anew` }],
    ),
  ]
}

type Fields = ReadonlyMap<number, PlacedField>

/** Fields of `some` that `others` lacks; of a whole struct, list or map only itself. */
function outermost(some: Fields, others: Fields): readonly PlacedField[] {
  return [...some.values()].filter(
    ({ id, parentId }) => !others.has(id) && (parentId === null || others.has(parentId)),
  )
}

function changesOf(former: PlacedField, field: PlacedField): readonly SchemaChange[] {
  const { path: column } = field
  const [from, to] = [outerType(former.type), outerType(field.type)]
  return [
    ...(former.name === field.name
      ? []
      : [{ kind: 'renamed' as const, column, words: `renamed ${former.path} to ${field.name}` }]),
    ...(from === to
      ? []
      : [{ kind: 'retyped' as const, column, words: `widened ${column} from ${from} to ${to}` }]),
    ...(former.required === field.required
      ? []
      : field.required
        ? [{ kind: 'required' as const, column, words: `made ${column} required` }]
        : [{ kind: 'optional' as const, column, words: `lets ${column} be null` }]),
  ]
}

/** The fewest fields whose moving explains the new order of those that stayed. */
function movesOf(old: Fields, now: Fields): readonly SchemaChange[] {
  const places = new Map([...old.keys()].map((id, place) => [id, place]))
  const siblings = Map.groupBy(
    [...now.values()].filter(({ id }) => old.has(id)),
    ({ parentId }) => parentId,
  )
  return [...siblings.values()].flatMap((fields) => {
    const steady = longestRising(fields.map(({ id }) => places.get(id)!))
    return fields.flatMap((field, index) => {
      if (steady.has(index)) return []
      const previous = fields[index - 1]
      const where = previous === undefined ? 'first' : `after ${previous.name}`
      return [{ kind: 'moved' as const, column: field.path, words: `moved ${field.path} ${where}` }]
    })
  })
}

/** Indexes of a longest rising subsequence. */
function longestRising(values: readonly number[]): ReadonlySet<number> {
  const lengths: number[] = []
  const before: number[] = []
  values.forEach((value, index) => {
    let best = -1
    for (let earlier = 0; earlier < index; earlier++)
      if (values[earlier]! < value && (best < 0 || lengths[earlier]! > lengths[best]!)) best = earlier
    lengths.push(1 + (lengths[best] ?? 0))
    before.push(best)
  })
  const rising = new Set<number>()
  for (let index = lengths.indexOf(Math.max(...lengths)); index >= 0; index = before[index]!)
    rising.add(index)
  return rising
}
