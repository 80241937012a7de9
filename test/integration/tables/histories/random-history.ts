import fc from 'fast-check'
import type { ColumnType, PartitionBy } from '../../../../src/tables/index.ts'
import { randomColumn, randomValue, type Draw } from './random-values.ts'

/** A column as the table's definition has it; `id`, a number of its own for each row, is always there. */
export interface Column {
  readonly name: string
  readonly type: ColumnType
}

/** What a table is declared as. */
export interface Shape {
  readonly columns: readonly Column[]
  readonly partitionBy: readonly PartitionBy[]
}

/** A condition on rows, in SQL and in PyIceberg's words; `partition`: the partitions it stands for, when it stands for whole ones. */
export interface Condition {
  readonly sql: string
  readonly filter: string
  readonly partition?: Readonly<Record<string, string | number | boolean | null>>
}

/** One change of a table. A state is what a change made of the table's rows; they are counted from 0. */
export type Change =
  | { readonly kind: 'append'; readonly select: string; readonly branch?: string }
  | { readonly kind: 'overwrite'; readonly where: Condition; readonly select: string }
  | { readonly kind: 'delete'; readonly where: Condition }
  | {
      readonly kind: 'evolve'
      readonly shape: Shape
      /** The former name of a renamed column or field, and the path of the one that goes. */
      readonly renamed?: { readonly path: readonly string[]; readonly to: string }
      readonly dropped?: readonly string[]
      readonly added?: { readonly path: readonly string[]; readonly type: ColumnType }
      readonly widened?: { readonly path: readonly string[]; readonly type: ColumnType }
      /** The column that is moved, and the one it is put behind; null: it becomes the first. */
      readonly moved?: { readonly name: string; readonly behind: string | null }
    }
  | { readonly kind: 'tag' | 'branch'; readonly name: string }
  | { readonly kind: 'rollback'; readonly state: number }
  | { readonly kind: 'expire' }

/** A table and what happens to it. */
export interface History {
  readonly shape: Shape
  readonly changes: readonly Change[]
}

const kinds = fc.constantFrom<(model: Model) => Change | undefined>(
  ...times(5, (model) => ({ kind: 'append', select: model.rows() })),
  ...times(2, (model) => ({ kind: 'overwrite', where: model.condition(), select: model.rows() })),
  ...times(2, (model) => ({ kind: 'overwrite', ...model.partition() })),
  ...times(3, (model) => ({ kind: 'delete', where: model.condition() })),
  ...times(2, (model) => model.addColumn()),
  (model) => model.dropColumn(),
  (model) => model.renameColumn(),
  (model) => model.moveColumn(),
  (model) => model.widenColumn(),
  ...times(2, (model) => model.repartition()),
  (model) => model.ref('tag'),
  (model) => model.ref('branch'),
  (model) => model.appendToBranch(),
  (model) => model.rollback(),
  (model) => model.expire(),
)

/** Histories of any table. Each choice within a step is drawn from the step's own numbers, so that a failing history shrinks well. */
export const histories: fc.Arbitrary<History> = fc
  .tuple(fc.nat(), fc.array(fc.tuple(kinds, fc.nat()), { minLength: 2, maxLength: 10 }))
  .map(([seed, steps]) => {
    const model = new Model(drawFrom(seed))
    const { shape } = model
    const changes = steps.flatMap(([kind, stepSeed]) => {
      model.draw = drawFrom(stepSeed)
      const change = kind(model)
      if (change === undefined) return []
      model.take(change)
      return [change]
    })
    return { shape, changes }
  })

function times(
  count: number,
  kind: (model: Model) => Change | undefined,
): ((model: Model) => Change | undefined)[] {
  return Array.from({ length: count }, () => kind)
}

/** What must be known of a table to draw a change that it takes. */
class Model {
  draw: Draw
  shape: Shape
  #lastId = 0
  #lastName = 0
  #names: string[] = []
  /** Columns that a partition field was ever made of stay. */
  readonly #sources = new Set<string>()
  #isRepartitioned = false
  #states = 0
  #current: number | undefined
  readonly #live = new Set<number>()
  readonly #refs = new Map<string, { kind: 'tag' | 'branch'; state: number }>()

  constructor(draw: Draw) {
    this.draw = draw
    const columns = Array.from({ length: 1 + draw.nat(6) }, () => this.#freshColumn({ isAdded: false }))
    this.shape = { columns: [{ name: 'id', type: 'long' }, ...columns], partitionBy: [] }
    for (let fields = draw.nat(3); fields > 0; fields--)
      this.shape = { ...this.shape, partitionBy: [...this.shape.partitionBy, ...this.#freshPartition()] }
    for (const { column } of this.shape.partitionBy) this.#sources.add(column)
  }

  rows(fixed: Readonly<Record<string, string>> = {}): string {
    return Array.from({ length: 1 + this.draw.nat(7) }, () => {
      const values = this.shape.columns.map(({ name, type }) => {
        const value = name === 'id' ? String(++this.#lastId) : (fixed[name] ?? randomValue(type, this.draw))
        return `${value} as "${name}"`
      })
      return `select ${values.join(', ')}`
    }).join(' union all ')
  }

  condition(): Condition {
    const id = 1 + this.draw.nat(this.#lastId + 2)
    const choices: (() => Condition)[] = [
      () => same(`id = ${id}`),
      () => same(`id <= ${id}`),
      () => same(`id > ${id}`),
      () => same(`id in (${id}, ${id + 2}, ${id + 3})`),
      () => {
        const { name, type } = this.draw.one(this.shape.columns)
        const isNull = `${name} is ${this.draw.one(['', 'not '])}null`
        if (type === 'float' || type === 'double')
          return this.draw.one([same(isNull), { sql: `isnan(${name})`, filter: `${name} is nan` }])
        return same(isNull)
      },
      () => {
        const comparable = this.shape.columns.filter(
          ({ type }) => typeof type === 'string' && type in literals,
        )
        const { name, type } = this.draw.one(comparable)
        const { sql, filter } = literals[type as string]!(this.draw)
        // That null differs from a value is true to Iceberg and unknown to SQL, so nothing is asked for by '!='.
        const operator = this.draw.one(['=', '<', '>='])
        const also = this.draw.one(['', '', ` or id = ${id}`, ` and id < ${id}`])
        return { sql: `${name} ${operator} ${sql}${also}`, filter: `${name} ${operator} ${filter}${also}` }
      },
    ]
    return this.draw.one(choices)()
  }

  /** Whole partitions, and rows that lie in them. */
  partition(): { where: Condition; select: string } {
    const field = this.shape.partitionBy.find(
      ({ column: of, transform }) => of !== 'id' && transform === 'identity',
    )
    const type = this.shape.columns.find(({ name }) => name === field?.column)?.type
    if (field === undefined || this.#isRepartitioned || !(typeof type === 'string' && type in literals))
      return { where: same('id > 0'), select: this.rows() }
    const { column } = field
    if (this.draw.nat(4) === 0)
      return {
        where: { ...same(`${column} is null`), partition: { [column]: null } },
        select: this.rows({ [column]: 'null' }),
      }
    const { sql, filter, value } = literals[type]!(this.draw)
    return {
      where: { sql: `${column} = ${sql}`, filter: `${column} = ${filter}`, partition: { [column]: value } },
      select: this.rows({ [column]: sql }),
    }
  }

  addColumn(): Change | undefined {
    const struct = this.#struct()
    if (struct && this.draw.nat(2) === 0) {
      const [name, type] = [this.#freshName(), 'string'] as const
      const shape = this.#withStruct(struct, { ...struct.type.struct, [name]: type })
      return { kind: 'evolve', shape, added: { path: [struct.name, name], type } }
    }
    const column = this.#freshColumn({ isAdded: true })
    const shape = { ...this.shape, columns: [...this.shape.columns, column] }
    return { kind: 'evolve', shape, added: { path: [column.name], type: column.type } }
  }

  dropColumn(): Change | undefined {
    const struct = this.#struct()
    const fields = Object.keys(struct?.type.struct ?? {})
    if (struct && fields.length > 1 && this.draw.nat(2) === 0) {
      const gone = this.draw.one(fields)
      const { [gone]: _, ...left } = struct.type.struct
      return { kind: 'evolve', shape: this.#withStruct(struct, left), dropped: [struct.name, gone] }
    }
    const able = this.shape.columns.filter(({ name }) => name !== 'id' && !this.#sources.has(name))
    if (able.length === 0) return undefined
    const gone = this.draw.one(able)
    this.#names.push(gone.name)
    const columns = this.shape.columns.filter((column) => column !== gone)
    return { kind: 'evolve', shape: { ...this.shape, columns }, dropped: [gone.name] }
  }

  renameColumn(): Change | undefined {
    const struct = this.#struct()
    const to = this.#freshName()
    if (struct && this.draw.nat(2) === 0) {
      const from = this.draw.one(Object.keys(struct.type.struct))
      const entries = Object.entries(struct.type.struct)
      const renamed = Object.fromEntries(entries.map(([name, type]) => [name === from ? to : name, type]))
      const path = [struct.name, from]
      return { kind: 'evolve', shape: this.#withStruct(struct, renamed), renamed: { path, to } }
    }
    const able = this.shape.columns.filter(({ name }) => name !== 'id')
    if (able.length === 0) return undefined
    const from = this.draw.one(able).name
    if (this.#sources.has(from)) this.#sources.add(to)
    const name = (present: string): string => (present === from ? to : present)
    const shape = {
      columns: this.shape.columns.map((column) => ({ ...column, name: name(column.name) })),
      partitionBy: this.shape.partitionBy.map((field) => ({ ...field, column: name(field.column) })),
    }
    if (shape.partitionBy.some(({ column }) => column === to)) this.#isRepartitioned = true
    return { kind: 'evolve', shape, renamed: { path: [from], to } }
  }

  moveColumn(): Change | undefined {
    const moved = this.draw.one(this.shape.columns)
    const others = this.shape.columns.filter((column) => column !== moved)
    const at = this.draw.nat(others.length + 1)
    const columns = others.toSpliced(at, 0, moved)
    if (others.length === 0) return undefined
    const behind = others[at - 1]?.name ?? null
    return { kind: 'evolve', shape: { ...this.shape, columns }, moved: { name: moved.name, behind } }
  }

  widenColumn(): Change | undefined {
    const wider: Readonly<Record<string, ColumnType>> = {
      int: 'long',
      float: 'double',
      'decimal(9,2)': 'decimal(18,2)',
      'decimal(18,2)': 'decimal(38,2)',
    }
    const able = this.shape.columns.filter(({ type }) => typeof type === 'string' && type in wider)
    if (able.length === 0) return undefined
    const column = this.draw.one(able)
    const type = wider[column.type as string]!
    const columns = this.shape.columns.map((one) => (one === column ? { ...one, type } : one))
    return { kind: 'evolve', shape: { ...this.shape, columns }, widened: { path: [column.name], type } }
  }

  repartition(): Change | undefined {
    const present = this.shape.partitionBy
    const partitionBy =
      present.length > 0 && this.draw.nat(2) === 0
        ? present.toSpliced(this.draw.nat(present.length), 1)
        : [...present, ...this.#freshPartition()]
    if (partitionBy.length === present.length) return undefined
    for (const { column } of partitionBy) this.#sources.add(column)
    this.#isRepartitioned = true
    return { kind: 'evolve', shape: { ...this.shape, partitionBy } }
  }

  ref(kind: 'tag' | 'branch'): Change | undefined {
    return this.#current === undefined ? undefined : { kind, name: this.#freshName() }
  }

  appendToBranch(): Change | undefined {
    const branches = [...this.#refs].filter(([, { kind }]) => kind === 'branch')
    if (branches.length === 0) return undefined
    return { kind: 'append', branch: this.draw.one(branches)[0], select: this.rows() }
  }

  rollback(): Change | undefined {
    return this.#live.size === 0 ? undefined : { kind: 'rollback', state: this.draw.one([...this.#live]) }
  }

  expire(): Change | undefined {
    return this.#current === undefined ? undefined : { kind: 'expire' }
  }

  take(change: Change): void {
    switch (change.kind) {
      case 'append':
      case 'overwrite':
      case 'delete': {
        const state = this.#states++
        if (this.#current === undefined && change.kind === 'delete') return
        this.#live.add(state)
        const branch = change.kind === 'append' && change.branch
        if (branch) this.#refs.set(branch, { kind: 'branch', state })
        else this.#current = state
        return
      }
      case 'evolve':
        this.shape = change.shape
        return
      case 'tag':
      case 'branch':
        this.#refs.set(change.name, { kind: change.kind, state: this.#current! })
        return
      case 'rollback':
        this.#current = change.state
        return
      case 'expire': {
        const kept = new Set([this.#current, ...[...this.#refs.values()].map(({ state }) => state)])
        for (const state of this.#live) if (!kept.has(state)) this.#live.delete(state)
      }
    }
  }

  /** Now and then of a name that another column had. */
  #freshColumn(options: { isAdded: boolean }): Column {
    const reused = this.draw.nat(3) === 0 ? this.#names.pop() : undefined
    return { name: reused ?? this.#freshName(), type: randomColumn(this.draw, options) }
  }

  #freshName(): string {
    return `n${++this.#lastName}`
  }

  #freshPartition(): readonly PartitionBy[] {
    const taken = new Set(this.shape.partitionBy.map(({ column }) => column))
    const able = this.shape.columns.filter(
      ({ name, type }) =>
        !taken.has(name) && typeof type === 'string' && type.replace(/\(.*/, '') in transforms,
    )
    if (able.length === 0) return []
    const { name: column, type } = this.draw.one(able)
    return [{ column, transform: this.draw.one(transforms[(type as string).replace(/\(.*/, '')]!) }]
  }

  #struct(): (Column & { type: { struct: Readonly<Record<string, ColumnType>> } }) | undefined {
    for (const { name, type } of this.shape.columns)
      if (typeof type === 'object' && 'struct' in type) return { name, type: { struct: type.struct } }
    return undefined
  }

  #withStruct({ name }: Column, struct: Readonly<Record<string, ColumnType>>): Shape {
    const columns = this.shape.columns.map((column) =>
      column.name === name ? { name, type: { struct } } : column,
    )
    return { ...this.shape, columns }
  }
}

function same(text: string): Condition {
  return { sql: text, filter: text }
}

type Transforms = readonly PartitionBy['transform'][]
const spans: Transforms = ['identity', 'year', 'month', 'day', 'bucket[4]']
const transforms: Readonly<Record<string, Transforms>> = {
  boolean: ['identity'],
  int: ['identity', 'bucket[4]', 'truncate[10]'],
  long: ['identity', 'bucket[4]', 'truncate[10]'],
  string: ['identity', 'bucket[4]', 'truncate[2]'],
  decimal: ['identity', 'bucket[4]', 'truncate[10]'],
  date: spans,
  timestamp: [...spans, 'hour'],
  timestamptz: [...spans, 'hour'],
  // PyIceberg 0.12 cannot write partitions by time, nor by the identity of a uuid.
  uuid: ['bucket[4]'],
}

/** A value in SQL, in PyIceberg's filters and in a partition tuple. */
interface Literal {
  readonly sql: string
  readonly filter: string
  readonly value: string | number | boolean
}

const literals: Readonly<Record<string, (draw: Draw) => Literal>> = {
  int: (draw) => plain(draw.one([-1, 0, 7, 2147483647])),
  long: (draw) => plain(draw.one([-1, 0, 7, 9007199254740992])),
  boolean: (draw) => plain(draw.one([true, false])),
  string: (draw) => text(draw.one(['', 'a', 'fr', 'Ünited/States%20', 'zebra']), ''),
  date: (draw) => text(draw.one(['1969-12-31', '2026-01-01', '2026-02-28']), 'date '),
  timestamptz: (draw) => {
    const { sql, value } = text(
      draw.one(['2026-01-01T00:00:00.000000', '1969-12-31T23:59:59.999999']),
      'timestamptz ',
    )
    return { sql: sql.replace(/'$/, "+00'"), filter: `'${value}+00:00'`, value: `${value}Z` }
  },
  timestamp: (draw) =>
    text(draw.one(['2026-01-01T00:00:00.000000', '1969-12-31T23:59:59.999999']), 'timestamp '),
}

function plain(value: number | boolean): Literal {
  return { sql: String(value), filter: String(value), value }
}

function text(value: string, type: string): Literal {
  return { sql: `${type}'${value}'`, filter: `'${value}'`, value }
}

/** Numbers from a seed, by Mulberry32. */
function drawFrom(seed: number): Draw {
  let state = seed
  const nat = (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
  return { nat, one: (items) => items[nat(items.length)]! }
}
