import { whyUnreadable, type AvroSchema } from '../avro/index.ts'
import type { Compatibility } from './feed-definition.ts'

/** One way in which a schema differs from the one before. */
export interface ContractChange {
  /** Path of the field, such as `place.chapter`; `[]` stands for the elements of a list, `{}` for the values of a map. */
  readonly field: string
  /** What changed, as the end of a sentence that begins with the field. */
  readonly what: string
  /** Consumers on the new schema can no longer read files of the old one. */
  readonly breaksBackward: boolean
  /** Consumers on the old schema can no longer read new files, or would find null where there were values. */
  readonly breaksForward: boolean
}

interface AvroField {
  readonly name: string
  readonly type: AvroSchema
  readonly default?: unknown
  readonly 'field-id'?: number
}

interface Shape {
  readonly kind: string
  readonly nullable: boolean
  readonly logical: string | undefined
  readonly fields: readonly AvroField[]
  readonly inner: AvroSchema | undefined
  readonly size: number | undefined
  readonly precision: number
  readonly scale: number
}

/** Differences between two schemas of a feed, each judged by itself. */
export function contractChanges(before: AvroSchema, after: AvroSchema): readonly ContractChange[] {
  const changes = [...typeChanges('', shapeOf(before), shapeOf(after))]
  // Avro has the last word: what it cannot resolve is broken, even if no rule here knows why.
  const unresolved = [
    { breaks: 'breaksBackward' as const, why: whyUnreadable(after, before) },
    { breaks: 'breaksForward' as const, why: whyUnreadable(before, after) },
  ].filter(({ breaks, why }) => why !== null && !changes.some((change) => change[breaks]))
  return [
    ...changes,
    ...unresolved.map(({ breaks, why }) => ({
      field: '',
      what: `cannot be resolved: ${why}`,
      breaksBackward: false,
      breaksForward: false,
      [breaks]: true,
    })),
  ]
}

/** Those of the changes that a compatibility does not allow. */
export function breakingChanges(
  changes: readonly ContractChange[],
  compatibility: Compatibility,
): readonly ContractChange[] {
  const watches = (mode: Compatibility): boolean => compatibility === mode || compatibility === 'full'
  return changes.filter(
    (change) =>
      (watches('backward') && change.breaksBackward) || (watches('forward') && change.breaksForward),
  )
}

function* typeChanges(field: string, before: Shape, after: Shape): Generator<ContractChange> {
  const change = (what: string, breaks: { backward?: boolean; forward?: boolean }): ContractChange => ({
    field,
    what,
    breaksBackward: breaks.backward ?? false,
    breaksForward: breaks.forward ?? false,
  })
  if (before.nullable && !after.nullable)
    yield change('became required: files so far may hold null', { backward: true })
  if (!before.nullable && after.nullable)
    yield change('may now be null: consumers expect a value', { forward: true })

  const [from, to] = [nameOf(before), nameOf(after)]
  if (before.kind !== after.kind || before.logical !== after.logical) {
    const promotes = (one: Shape, other: Shape): boolean =>
      one.logical === other.logical && (promotions[one.kind] ?? []).includes(other.kind)
    if (promotes(before, after))
      yield change(`was widened from ${from} to ${to}: consumers expect ${from}`, { forward: true })
    else if (promotes(after, before))
      yield change(`was narrowed from ${from} to ${to}: files so far hold ${from}`, { backward: true })
    else yield change(`changed its type from ${from} to ${to}`, { backward: true, forward: true })
    return
  }
  if (before.scale !== after.scale || before.size !== after.size)
    yield change(`changed its type from ${from} to ${to}`, { backward: true, forward: true })
  else if (before.precision < after.precision)
    yield change(`was widened from ${from} to ${to}: consumers expect ${from}`, { forward: true })
  else if (before.precision > after.precision)
    yield change(`was narrowed from ${from} to ${to}: files so far hold ${from}`, { backward: true })
  if (before.inner !== undefined && after.inner !== undefined) {
    const path = `${field}${before.kind === 'map' ? '{}' : '[]'}`
    yield* typeChanges(path, shapeOf(before.inner), shapeOf(after.inner))
  }
  yield* fieldChanges(field, before.fields, after.fields)
}

function* fieldChanges(
  parent: string,
  before: readonly AvroField[],
  after: readonly AvroField[],
): Generator<ContractChange> {
  const pathOf = ({ name }: AvroField): string => (parent === '' ? name : `${parent}.${name}`)
  const isSame = (one: AvroField, other: AvroField): boolean =>
    one['field-id'] !== undefined && one['field-id'] === other['field-id']
  for (const old of before) {
    const kept = after.find(({ name }) => name === old.name)
    if (kept !== undefined) {
      yield* typeChanges(pathOf(old), shapeOf(old.type), shapeOf(kept.type))
      continue
    }
    const renamed = after.find((field) => isSame(old, field))
    const what =
      renamed === undefined
        ? 'was dropped: consumers would find nothing there'
        : `was renamed to '${renamed.name}': consumers would find nothing under its old name`
    yield { field: pathOf(old), what, breaksBackward: false, breaksForward: true }
  }
  for (const added of after) {
    if (before.some(({ name }) => name === added.name)) continue
    const isRequired = added.default === undefined
    const was = before.find((field) => isSame(field, added))
    if (was !== undefined && !isRequired) continue // told as the renaming of the old field
    yield {
      field: pathOf(added),
      what: isRequired
        ? 'was added without a default: files so far have no value for it'
        : 'was added, null in files so far',
      breaksBackward: isRequired,
      breaksForward: false,
    }
  }
}

/** What Avro reads as what. */
const promotions: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
}

function shapeOf(schema: AvroSchema): Shape {
  if (Array.isArray(schema)) {
    const branches = (schema as readonly AvroSchema[]).filter((branch) => branch !== 'null')
    if (branches.length === 1) return { ...shapeOf(branches[0]!), nullable: true }
    return { ...plain, kind: JSON.stringify(schema) }
  }
  if (typeof schema === 'string') return { ...plain, kind: schema }
  const node = schema as { readonly [attribute: string]: unknown }
  if (typeof node['type'] === 'object') return shapeOf(node['type'] as AvroSchema)
  const zone = node['adjust-to-utc'] === false ? ' without time zone' : ''
  return {
    kind: node['type'] as string,
    nullable: false,
    logical: node['logicalType'] === undefined ? undefined : `${node['logicalType'] as string}${zone}`,
    fields: (node['fields'] ?? []) as readonly AvroField[],
    inner: (node['items'] ?? node['values']) as AvroSchema | undefined,
    size: node['size'] as number | undefined,
    precision: (node['precision'] ?? 0) as number,
    scale: (node['scale'] ?? 0) as number,
  }
}

const plain: Shape = {
  kind: '',
  nullable: false,
  logical: undefined,
  fields: [],
  inner: undefined,
  size: undefined,
  precision: 0,
  scale: 0,
}

function nameOf({ kind, logical, precision, scale, size }: Shape): string {
  if (logical === 'decimal') return `decimal(${precision},${scale})`
  return logical ?? (size === undefined ? kind : `${kind}[${size}]`)
}
