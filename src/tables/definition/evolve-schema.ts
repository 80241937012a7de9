import { NacreError } from '../../base/index.ts'
import { buildFields, buildType, idsAfter, type NextId } from './build-schema.ts'
import { decimalShape } from '../schema/primitive-codec.ts'
import type { Field, IcebergType, PrimitiveType } from '../schema/schema.ts'
import type { ColumnSpec, ColumnType } from './table-definition.ts'
import { typeText } from '../schema/type-text.ts'

/** What a definition says of the fields of a table or of a struct in it. */
export interface WantedFields {
  readonly fields: readonly (ColumnSpec & { readonly name: string })[]
  readonly dropped: readonly string[]
}

/** What fields evolve in. */
export interface EvolutionOptions {
  /** Full name of the table, for messages. */
  readonly table: string
  readonly hasRows: boolean
  readonly nextId: NextId
}

/**
 * The fields after a newer definition: those it names in its order, new ones with ids never used before; those it neither names nor
 * drops stay where they were. Throws NACRE_CONFLICT naming the field whose change would lose or reinterpret rows.
 */
export function evolveFields(
  present: readonly Field[],
  wanted: WantedFields,
  options: EvolutionOptions,
  path = '',
): readonly Field[] {
  const formerOf = ({ name, renamedFrom }: ColumnSpec & { readonly name: string }): Field | undefined =>
    present.find((field) => field.name === name) ?? present.find((field) => field.name === renamedFrom)
  const isNamed = (field: Field): boolean => wanted.fields.some((one) => formerOf(one) === field)
  const forgotten = present.filter((field) => !isNamed(field) && !wanted.dropped.includes(field.name))
  const missed = forgotten.find(({ required }) => required)
  if (missed && path === '')
    throw refusal(
      options.table,
      `has the required column '${missed.name}', which the definition lacks`,
      `Keep it, with required: false if writers shall leave it out, or drop it: dropped: ['${missed.name}'].`,
    )
  const added = wanted.fields.filter((one) => formerOf(one) === undefined)
  const impossible = options.hasRows && added.find(({ required }) => required)
  if (impossible)
    throw refusal(
      options.table,
      `holds rows already, so the new column '${path}${impossible.name}' cannot be required`,
      'Add it without required.',
    )
  const fresh = new Map(buildFields(added, options.nextId).map((field) => [field.name, field]))
  const named = wanted.fields.map((one) => {
    const former = formerOf(one)
    return former ? evolveField(former, one, options, path) : fresh.get(one.name)!
  })
  return forgotten.reduce<readonly Field[]>((fields, field) => {
    // What stays keeps its place behind the field that was before it.
    const before = present[present.indexOf(field) - 1]
    const at = fields.findIndex(({ id }) => id === before?.id) + 1
    return fields.toSpliced(at, 0, field)
  }, named)
}

function evolveField(
  field: Field,
  wanted: ColumnSpec & { readonly name: string },
  options: EvolutionOptions,
  path: string,
): Field {
  // A definition says of columns only whether they are required.
  const required = path === '' ? (wanted.required ?? false) : field.required
  if (required && !field.required)
    throw refusal(
      options.table,
      `may hold null in column '${field.name}', which the definition makes required`,
      'Leave it optional, and check it with checks.notNull in the job that writes it.',
    )
  const { doc, ...rest } = field
  const said = path === '' ? wanted.doc : doc
  return {
    ...rest,
    name: wanted.name,
    required,
    type: evolveType(field.type, wanted.type, options, `${path}${wanted.name}`),
    ...(said === undefined ? {} : { doc: said }),
  }
}

function evolveType(
  present: IcebergType,
  wanted: ColumnType,
  options: EvolutionOptions,
  path: string,
): IcebergType {
  const inner = (type: IcebergType, to: ColumnType, name: string): IcebergType =>
    evolveType(type, to, options, `${path}.${name}`)
  if (typeof present !== 'string' && typeof wanted !== 'string') {
    if (present.type === 'list' && 'list' in wanted)
      return { ...present, element: inner(present.element, wanted.list, 'element') }
    if (present.type === 'map' && 'map' in wanted)
      return {
        ...present,
        key: inner(present.key, wanted.map[0], 'key'),
        value: inner(present.value, wanted.map[1], 'value'),
      }
    if (present.type === 'struct' && 'struct' in wanted) {
      const { struct, renamedFrom = {}, dropped = [] } = wanted
      const fields = Object.entries(struct).map(([name, type]) => {
        const former = renamedFrom[name]
        return former === undefined ? { name, type } : { name, type, renamedFrom: former }
      })
      return { ...present, fields: evolveFields(present.fields, { fields, dropped }, options, `${path}.`) }
    }
  }
  const candidate = buildType(path, wanted, idsAfter(0))
  const wider = widen(present, candidate)
  if (wider !== undefined) return wider
  throw refusal(
    options.table,
    `has column '${path}' of type ${typeText(present)}; the definition says ${typeText(candidate)}`,
    'Types can only widen (int to long, float to double, decimal precision). Add a column of another name.',
  )
}

/** The wider of two types when every value of the present one keeps its meaning in it; undefined when none does. */
function widen(present: IcebergType, wanted: IcebergType): IcebergType | undefined {
  if (typeof present !== 'string' || typeof wanted !== 'string') return undefined
  if (typeText(present).replaceAll(' ', '') === wanted) return present
  if (present === 'int' && wanted === 'long') return wanted
  if (present === 'float' && wanted === 'double') return wanted
  const [from, to] = [decimalShape(present), decimalShape(wanted)] as const
  return from && to && from.scale === to.scale && from.precision < to.precision
    ? (wanted as PrimitiveType)
    : undefined
}

/** That a table cannot become what its definition says. */
export function refusal(table: string, fact: string, remedy: string): NacreError {
  return new NacreError('NACRE_CONFLICT', `Table '${table}' ${fact}. ${remedy}`, { details: { table } })
}
