import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sql } from '../../../src/sql/index.ts'
import type { Field, IcebergType, ScanFile, Schema, StructType } from '../../../src/tables/index.ts'
import { engines } from '../../support/engines.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { planOf, targetOf } from '../../support/write-target.ts'

type Change = readonly [
  kind: 'add' | 'drop' | 'rename' | 'widen' | 'turn',
  /** Which struct, and which of its fields. */
  struct: number,
  field: number,
  type: number,
]

const change: fc.Arbitrary<Change> = fc.tuple(
  fc.constantFrom('add', 'drop', 'rename', 'widen', 'turn'),
  fc.nat(9),
  fc.nat(9),
  fc.nat(6),
)
const wider: Readonly<Record<string, IcebergType>> = {
  int: 'long',
  float: 'double',
  'decimal(5,2)': 'decimal(9,2)',
}

/** A value by field id, in the JSON form of its type; nested ones likewise. */
type Held = null | string | number | boolean | { readonly [id: string]: Held } | readonly Held[]

for (const kind of engines)
  test(
    `${kind.name} reads files of any history of a schema as its latest, nested columns too`,
    { skip: kind.skip },
    async () => {
      await using folder = tempFolder()
      await using engine = await kind.open()
      let run = 0
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(change, { maxLength: 4 }), { minLength: 1, maxLength: 4 }),
          fc.nat(1000),
          async (steps, seed) => {
            let nextId = 1
            let seeded = seed
            const newId = (): number => ++nextId
            const draw = (count: number): number =>
              (seeded = (seeded * 1103515245 + 12345) % 2147483648) % count
            const typeOf = (choice: number): IcebergType => {
              const inner = (): StructType => ({
                type: 'struct',
                fields: [fieldOf('int'), fieldOf('string')],
              })
              switch (choice) {
                case 4:
                  return inner()
                case 5:
                  return { type: 'list', 'element-id': newId(), element: inner(), 'element-required': false }
                case 6:
                  return {
                    type: 'map',
                    'key-id': newId(),
                    key: 'string',
                    'value-id': newId(),
                    value: inner(),
                    'value-required': false,
                  }
                default:
                  return (['int', 'float', 'decimal(5,2)', 'date'] as const)[choice]!
              }
            }
            const fieldOf = (type: IcebergType): Field => {
              const id = newId()
              return { id, name: `c${id}`, required: false, type }
            }
            let fields: readonly Field[] = [
              { id: 1, name: 'n', required: false, type: 'int' },
              ...[0, 4, 5, 6].map((choice) => fieldOf(typeOf(choice))),
            ]
            const schemas: Schema[] = []
            const files: ScanFile[] = []
            const held: Record<string, Held>[] = []
            for (const [step, changes] of [[], ...steps].entries()) {
              for (const one of changes) fields = evolve(fields, one, { fieldOf, typeOf, newId })
              const schema: Schema = { type: 'struct', 'schema-id': step, fields }
              schemas.push(schema)
              const target = { ...targetOf(`${folder.path}/${run}`, {}), schema }
              const rows = [0, 1].map((row) => ({ ...drawStruct(fields, draw), 1: 2 * step + row }))
              held.push(...rows)
              await engine.attachRows(
                'input',
                target,
                rows.map((row) => named(row, { type: 'struct', fields }) as object),
              )
              const written = await engine.write(target, sql`select * from input`)
              files.push(...planOf(target, written).files)
            }
            run++
            const schema = schemas.at(-1)!
            // As engines do that rewrite manifests, all files claim the latest schema.
            const plan = { ...planOf(targetOf(folder.path, {}), [], schema), fileSchemas: schemas }
            await engine.attach({
              ...plan,
              files: files.map((file) => ({ ...file, schemaId: schema['schema-id'] })),
            })
            assert.deepEqual(
              await engine.rows('select * from test.rows order by n'),
              held.map((row) => named(row, schema)),
            )
          },
        ),
        { numRuns: 60 },
      )
    },
  )

interface Makers {
  fieldOf(type: IcebergType): Field
  typeOf(choice: number): IcebergType
  newId(): number
}

/** Changes one struct of the schema: the top one or one inside; the column `n` stays. */
function evolve(
  fields: readonly Field[],
  [kind, struct, place, choice]: Change,
  make: Makers,
): readonly Field[] {
  const nested = fields.filter(({ type }) => typeof type !== 'string')
  const target = struct % 2 === 0 ? undefined : nested[struct % (nested.length || 1)]
  if (target !== undefined) {
    const within = (type: IcebergType): IcebergType => {
      if (typeof type === 'string') return type
      if (type.type === 'list') return { ...type, element: within(type.element) }
      if (type.type === 'map') return { ...type, value: within(type.value) }
      const changed = evolveFields(type.fields, [kind, struct, place, choice], make)
      return changed.length === 0 ? type : { ...type, fields: changed }
    }
    return fields.map((field) => (field === target ? { ...field, type: within(field.type) } : field))
  }
  return [fields[0]!, ...evolveFields(fields.slice(1), [kind, struct, place, choice], make)]
}

function evolveFields(
  fields: readonly Field[],
  [kind, , place, choice]: Change,
  make: Makers,
): readonly Field[] {
  const chosen = fields[place % (fields.length || 1)]
  switch (kind) {
    case 'add':
      return fields.toSpliced(place % (fields.length + 1), 0, make.fieldOf(make.typeOf(choice)))
    case 'drop':
      return fields.filter((field) => field !== chosen)
    case 'rename':
      return fields.map((field) => (field === chosen ? { ...field, name: `r${make.newId()}` } : field))
    case 'widen':
      return fields.map((field) =>
        field === chosen && typeof field.type === 'string'
          ? { ...field, type: wider[field.type] ?? field.type }
          : field,
      )
    case 'turn':
      return fields.toReversed()
  }
}

function drawStruct(fields: readonly Field[], draw: (count: number) => number): Record<string, Held> {
  return Object.fromEntries(fields.map(({ id, type }) => [id, drawValue(type, draw)]))
}

function drawValue(type: IcebergType, draw: (count: number) => number): Held {
  if (draw(4) === 0) return null
  if (typeof type !== 'string') {
    if (type.type === 'struct') return drawStruct(type.fields, draw)
    if (type.type === 'list') return Array.from({ length: draw(3) }, () => drawValue(type.element, draw))
    return Object.fromEntries(
      Array.from({ length: draw(3) }, (_, key) => [`k${key}`, drawValue(type.value, draw)]),
    )
  }
  if (type.startsWith('decimal')) return `${draw(900)}.25`
  if (type === 'date') return `19${50 + draw(50)}-01-05`
  return type === 'string' ? `t${draw(9)}` : draw(1000)
}

/** The value under the names of a type; members it lacks are null. */
function named(value: Held | undefined, type: IcebergType): unknown {
  if (value === null || value === undefined || typeof type === 'string') return value ?? null
  if (type.type === 'list') return (value as readonly Held[]).map((item) => named(item, type.element))
  const members = value as Readonly<Record<string, Held>>
  if (type.type === 'map')
    return Object.fromEntries(Object.entries(members).map(([key, item]) => [key, named(item, type.value)]))
  return Object.fromEntries(type.fields.map((field) => [field.name, named(members[field.id], field.type)]))
}
