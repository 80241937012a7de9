import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Clock } from '../../../src/base/index.ts'
import type { Database } from '../../../src/database/index.ts'
import { openMemoryStore, type Store } from '../../../src/storage/index.ts'
import {
  dayOf,
  migrations,
  openCatalog,
  type Catalog,
  type TableDefinition,
} from '../../../src/tables/index.ts'
import { databases } from '../../support/databases.ts'
import { mortalWorld, type MortalWorld } from '../../support/mortal-world.ts'
import {
  assertNothingUnreachable,
  readRows,
  rowsOfSnapshot,
  textOf,
  writeRows,
  type ModelRow,
} from '../../support/table-model.ts'
import { define } from '../../support/temp-catalog.ts'

const hour = 3_600_000
const days = ['2026-01-05', '2026-01-06', '2026-01-07']

/** What the table should be: rows, as text, of every snapshot and of what each reference names. */
interface Model {
  readonly snapshots: ReadonlyMap<string, string>
  readonly refs: ReadonlyMap<string, string>
}

/** What a step may make of the model: rows that a new snapshot may have, rows that a reference has afterwards (null: it is gone). */
interface Effect {
  readonly snapshots?: readonly string[]
  readonly refs?: Readonly<Record<string, string | null>>
  /** Snapshots that it may remove. */
  readonly mayExpire?: (snapshotId: string) => boolean
}

/** A step: says what it is going to do, and then does it. */
type Step = (world: World) => Promise<{ effect: Effect; act: () => Promise<unknown> } | undefined>

/** A table with its model, on a process that may die. */
class World {
  readonly name: string
  readonly life: MortalWorld
  readonly #store: Store
  readonly #database: Database
  readonly #warehouse: string
  #nowMs = Date.UTC(2026, 0, 5)
  #rowCount = 0
  model: Model = { snapshots: new Map(), refs: new Map() }
  /** Of the process that may die. */
  catalog: Catalog

  constructor(name: string, database: Database, warehouse: string) {
    this.name = name
    this.#database = database
    this.#warehouse = warehouse
    const inner = openMemoryStore(warehouse)
    const times = new Map<string, number>()
    this.#store = {
      ...inner,
      writeIfAbsent: async (uri, data) => {
        await inner.writeIfAbsent(uri, data)
        times.set(uri, this.#nowMs)
      },
      list: async function* (folder) {
        for await (const file of inner.list(folder)) yield { ...file, modifiedAt: times.get(file.uri)! }
      },
    }
    this.life = mortalWorld(this.#store, database)
    this.catalog = this.open()
  }

  /** A process that begins: nothing is cached. */
  open(): Catalog {
    this.life.dieAt(0, 'before')
    this.catalog = this.#catalogOn(this.life.store, this.life.database)
    return this.catalog
  }

  /** A catalog of a process that does not die. */
  witness(): Catalog {
    return this.#catalogOn(this.#store, this.#database)
  }

  #catalogOn(store: Store, database: Database): Catalog {
    const clock: Clock = { now: () => this.#nowMs, sleep: async () => {} }
    return openCatalog({ store, database, warehouse: this.#warehouse }, { clock })
  }

  pass(ms: number): void {
    this.#nowMs += ms
  }

  get nowMs(): number {
    return this.#nowMs
  }

  newRows(day: string, count: number): ModelRow[] {
    return Array.from({ length: count }, () => ({ id: this.#rowCount++, day }))
  }

  rowsOf(ref: string): number[] {
    return (this.model.refs.get(ref) ?? '').split(' ').filter(Boolean).map(Number)
  }

  /** Holds the table against the model, and takes over what has become of it. */
  async check(effect: Effect, isDone: boolean): Promise<void> {
    const { model } = this
    const catalog = this.witness()
    const present = (await catalog.snapshots(this.name)).map(({ snapshotId }) => snapshotId)
    const snapshots = new Map<string, string>()
    for (const id of present) {
      const rows = await rowsOfSnapshot(catalog, this.#store, this.name, id)
      const known = model.snapshots.get(id)
      if (known === undefined)
        assert.ok(
          effect.snapshots?.includes(rows),
          `new snapshot ${id} has rows '${rows}', not ${JSON.stringify(effect.snapshots)}`,
        )
      else assert.equal(rows, known, `rows of snapshot ${id}`)
      snapshots.set(id, rows)
    }
    for (const id of model.snapshots.keys())
      assert.ok(snapshots.has(id) || effect.mayExpire?.(id), `snapshot ${id} is gone`)
    const refs = new Map<string, string>()
    for (const { name, snapshotId } of await catalog.refs.list(this.name))
      refs.set(name, snapshots.get(snapshotId)!)
    const changed = effect.refs ?? {}
    for (const name of new Set([...model.refs.keys(), ...refs.keys(), ...Object.keys(changed)])) {
      // A table without a snapshot is as empty as one whose rows are all gone.
      const none = name === 'main' ? '' : null
      const before = model.refs.get(name) ?? none
      const after = name in changed ? changed[name]! : before
      const actual = refs.get(name) ?? none
      const between = effect.snapshots?.includes(actual ?? '') ?? false
      if (isDone) assert.equal(actual, after, `rows of '${name}'`)
      else assert.ok(actual === before || actual === after || between, `rows of '${name}' are '${actual}'`)
    }
    this.model = { ...model, snapshots, refs }
  }

  /** Remembers all of it; what is given brings it back. */
  async save(): Promise<() => Promise<void>> {
    const { model } = this
    const nowMs = this.#nowMs
    const listed = await Array.fromAsync(this.#store.list(this.#warehouse))
    const files = new Map(
      await Promise.all(listed.map(async ({ uri }) => [uri, await this.#store.read(uri)] as const)),
    )
    const [row] = await this.#database.query<{ metadata_location: string }>(
      'select metadata_location from catalog_table where name = $1',
      [this.name],
    )
    return async () => {
      const present = (await Array.fromAsync(this.#store.list(this.#warehouse))).map(({ uri }) => uri)
      this.#nowMs = nowMs
      for (const uri of present) if (!files.has(uri)) await this.#store.delete(uri)
      for (const [uri, data] of files) if (!present.includes(uri)) await this.#store.writeIfAbsent(uri, data)
      await this.#database.query('update catalog_table set metadata_location = $2 where name = $1', [
        this.name,
        row!.metadata_location,
      ])
      this.model = model
    }
  }

  /** Once all is quiet and time has passed, nothing is there that nothing leads to. */
  async finish(): Promise<void> {
    const catalog = this.open()
    this.pass(30 * 24 * hour)
    await catalog.maintenance.sweepOrphans(this.name)
    await assertNothingUnreachable(this.#store, this.#database, this.name)
    await this.check({}, true)
    await catalog.maintenance.expireSnapshots(this.name, { olderThanMs: 0, keepLast: 1 })
    await assertNothingUnreachable(this.#store, this.#database, this.name)
  }
}

const definition = (name: string, extraColumn: boolean): TableDefinition =>
  define(name, {
    columns: { day: 'date', id: 'long', ...(extraColumn ? { note: 'string' as const } : {}) },
    partitionBy: [dayOf('day')],
  })

const branchOf = (world: World, choice: number): string | undefined => {
  const branches = [...world.model.refs.keys()].filter((name) => name.startsWith('branch'))
  return branches[choice % branches.length]
}

/** Appends rows of two days in one commit: files that share a manifest. */
const appendAcross =
  (one: string, other: string): Step =>
  async (world) => {
    const rows = [...world.newRows(one, 2), ...world.newRows(other, 1)]
    const after = textOf([...world.rowsOf('main'), ...rows.map(({ id }) => id)])
    return {
      effect: { snapshots: [after], refs: { main: after } },
      act: async () => {
        const files = await writeRows(world.life.store, await world.catalog.planWrite(world.name), rows)
        await world.catalog.commit([{ kind: 'append', table: world.name, files }])
      },
    }
  }

const append =
  (day: string, count: number, branchChoice: number | undefined): Step =>
  async (world) => {
    const branch = branchChoice === undefined ? 'main' : branchOf(world, branchChoice)
    if (branch === undefined) return undefined
    const rows = world.newRows(day, count)
    const after = textOf([...world.rowsOf(branch), ...rows.map(({ id }) => id)])
    return {
      effect: { snapshots: [after], refs: { [branch]: after } },
      act: async () => {
        const files = await writeRows(world.life.store, await world.catalog.planWrite(world.name), rows)
        await world.catalog.commit([{ kind: 'append', table: world.name, files }], { branch })
      },
    }
  }

const appendTwice =
  (day: string, count: number): Step =>
  async (world) => {
    const before = world.rowsOf('main')
    const [one, other] = [world.newRows(day, count), world.newRows(day, count)]
    const ids = (rows: readonly ModelRow[]): number[] => rows.map(({ id }) => id)
    const after = textOf([...before, ...ids(one), ...ids(other)])
    return {
      effect: {
        snapshots: [textOf([...before, ...ids(one)]), textOf([...before, ...ids(other)]), after],
        refs: { main: after },
      },
      act: async () => {
        const outcomes = await Promise.allSettled(
          [one, other].map(async (rows) => {
            const files = await writeRows(world.life.store, await world.catalog.planWrite(world.name), rows)
            await world.catalog.commit([{ kind: 'append', table: world.name, files }])
          }),
        )
        const failure = outcomes.find((outcome) => outcome.status === 'rejected')
        if (failure) throw failure.reason
      },
    }
  }

const overwrite =
  (day: string, count: number): Step =>
  async (world) => {
    const { files: present } = await world.witness().planScan(world.name)
    const stays = (await readRows(world.life.store, present)).filter((row) => row.day !== day)
    const rows = world.newRows(day, count)
    const after = textOf([...stays, ...rows].map(({ id }) => id))
    return {
      effect: { snapshots: [after], refs: { main: after } },
      act: async () => {
        const files = await writeRows(world.life.store, await world.catalog.planWrite(world.name), rows)
        await world.catalog.commit([
          { kind: 'overwrite-partitions', table: world.name, partitions: [{ day_day: day }], files },
        ])
      },
    }
  }

const deleteRows =
  (divisor: number): Step =>
  async (world) => {
    const isDeleted = ({ id }: { id: number }): boolean => id % divisor === 0
    const after = textOf(world.rowsOf('main').filter((id) => !isDeleted({ id })))
    return {
      effect: { snapshots: [after], refs: { main: after } },
      act: async () => {
        const scan = await world.catalog.planScan(world.name)
        const target = await world.catalog.planWrite(world.name)
        const removes: string[] = []
        const files = []
        for (const file of scan.files) {
          const rows = await readRows(world.life.store, [file])
          if (!rows.some(isDeleted)) continue
          removes.push(file.path)
          files.push(
            ...(await writeRows(
              world.life.store,
              target,
              rows.filter((row) => !isDeleted(row)),
            )),
          )
        }
        if (removes.length > 0)
          await world.catalog.commit([
            { kind: 'delete-rows', table: world.name, basedOn: scan.snapshotId!, removes, files },
          ])
      },
    }
  }

const compact: Step = async (world) => {
  const rows = world.model.refs.get('main')
  return {
    effect: { snapshots: rows === undefined ? [] : [rows] },
    act: async () => {
      const { maintenance } = world.catalog
      for (const { scan, target } of await maintenance.planCompaction(world.name, { minFiles: 2 })) {
        const files = await writeRows(world.life.store, target, await readRows(world.life.store, scan.files))
        const removes = scan.files.map(({ path }) => path)
        await world.catalog.commit([
          { kind: 'rewrite', table: world.name, basedOn: scan.snapshotId!, removes, files },
        ])
      }
    },
  }
}

const mergeManifests: Step = async (world) => {
  const rows = world.model.refs.get('main')
  return {
    effect: { snapshots: rows === undefined ? [] : [rows] },
    act: () => world.catalog.maintenance.mergeManifests(world.name),
  }
}

const createRef =
  (type: 'branch' | 'tag', number: number): Step =>
  async (world) => {
    const name = `${type}${number}`
    const rows = world.model.refs.get('main')
    if (world.model.refs.has(name) || rows === undefined) return undefined
    return {
      effect: { refs: { [name]: rows } },
      act: () => world.catalog.refs.create(world.name, { name, type }),
    }
  }

const dropRef =
  (type: 'branch' | 'tag', number: number): Step =>
  async (world) => ({
    effect: { refs: { [`${type}${number}`]: null } },
    act: () => world.catalog.refs.drop(world.name, `${type}${number}`),
  })

const fastForward =
  (choice: number): Step =>
  async (world) => {
    const branch = branchOf(world, choice)
    if (branch === undefined) return undefined
    return {
      effect: { refs: { main: world.model.refs.get(branch)! } },
      act: () => world.catalog.refs.fastForward(world.name, branch),
    }
  }

const rollback =
  (choice: number): Step =>
  async (world) => {
    const ids = [...world.model.snapshots.keys()]
    const snapshotId = ids[choice % ids.length]
    if (snapshotId === undefined) return undefined
    return {
      effect: { refs: { main: world.model.snapshots.get(snapshotId)! } },
      act: () => world.catalog.refs.rollback(world.name, { snapshotId }),
    }
  }

const changeColumns =
  (extraColumn: boolean): Step =>
  async (world) => ({
    effect: {},
    act: () => world.catalog.ensureTable(definition(world.name, extraColumn)),
  })

const expire =
  (olderThanHours: number, keepLast: number): Step =>
  async (world) => {
    const catalog = world.witness()
    const snapshots = new Map(
      (await catalog.snapshots(world.name)).map((snapshot) => [snapshot.snapshotId, snapshot]),
    )
    const kept = new Set<string>()
    for (const { type, snapshotId } of await catalog.refs.list(world.name)) {
      let id: string | null = snapshotId
      for (let count = 0; id !== null && count < (type === 'tag' ? 1 : keepLast); count++) {
        kept.add(id)
        id = snapshots.get(id)?.parentId ?? null
      }
    }
    // A reader needs all from where it is to the current snapshot.
    for (const { snapshotId } of await catalog.readers(world.name)) {
      kept.add(snapshotId)
      const current = (await catalog.table(world.name)).current?.snapshotId
      const line: string[] = []
      for (let id = current ?? null; id !== null; id = snapshots.get(id)?.parentId ?? null) line.push(id)
      for (const id of line.slice(0, line.indexOf(snapshotId) + 1)) kept.add(id)
    }
    for (const snapshot of snapshots.values())
      if (world.nowMs - Date.parse(snapshot.committedAt) <= olderThanHours * hour)
        kept.add(snapshot.snapshotId)
    return {
      effect: { mayExpire: (id) => !kept.has(id) },
      act: () =>
        world.catalog.maintenance.expireSnapshots(world.name, {
          olderThanMs: olderThanHours * hour,
          keepLast,
        }),
    }
  }

const register =
  (reader: number): Step =>
  async (world) => ({
    effect: {},
    act: async () => {
      const { current } = await world.catalog.table(world.name)
      if (current !== null)
        await world.catalog.registerReader(world.name, {
          reader: `reader${reader}`,
          snapshotId: current.snapshotId,
          expiresAt: null,
        })
    },
  })

const letGo =
  (reader: number): Step =>
  async (world) => ({
    effect: {},
    act: () => world.catalog.dropReader(world.name, `reader${reader}`),
  })

const sweep: Step = async (world) => ({
  effect: {},
  act: () => world.catalog.maintenance.sweepOrphans(world.name, { olderThanMs: hour }),
})

const pass =
  (hours: number): Step =>
  async (world) => {
    world.pass(hours * hour)
    return undefined
  }

/** Refusals that are an answer, not a fault. */
const refusals = new Set(['NACRE_CONFLICT', 'NACRE_COMMIT_CONFLICT'])

/** Does a step in a process that dies at one of its calls, or lives through it; true when it lived. */
async function take(
  world: World,
  step: Step,
  death: { call: number; when: 'before' | 'after' },
): Promise<boolean> {
  const planned = await step(world)
  if (planned === undefined) return true
  world.open()
  world.life.dieAt(death.call, death.when)
  let outcome: 'done' | 'refused' | 'died' = 'done'
  try {
    await planned.act()
  } catch (error) {
    if (world.life.isDead()) outcome = 'died'
    else if (refusals.has((error as { code: string }).code)) outcome = 'refused'
    else throw error
  }
  if (world.life.isDead() && outcome === 'done') outcome = 'died'
  world.life.dieAt(0, 'before')
  await world.check(outcome === 'refused' ? {} : planned.effect, outcome === 'done')
  return outcome !== 'died'
}

const day = fc.constantFrom(...days)
const few = fc.integer({ min: 1, max: 3 })
const refType = fc.constantFrom('branch' as const, 'tag' as const)

/** A step of drawn arguments, which a failure names by its call. */
function drawn<Args extends readonly unknown[]>(
  name: string,
  weight: number,
  make: (...args: Args) => Step,
  ...args: { [Index in keyof Args]: fc.Arbitrary<Args[Index]> }
): { weight: number; arbitrary: fc.Arbitrary<Step> } {
  const arbitrary = fc.tuple(...(args as unknown as fc.Arbitrary<unknown>[])).map((values) =>
    Object.assign(make(...(values as unknown as Args)), {
      [fc.toStringMethod]: () => `${name}(${values.map((value) => JSON.stringify(value)).join(', ')})`,
    }),
  )
  return { weight, arbitrary }
}

const steps: fc.Arbitrary<Step> = fc.oneof(
  drawn('append', 6, append, day, few, fc.constant(undefined)),
  drawn('append', 2, append, day, few, fc.nat(5)),
  drawn('appendAcross', 3, appendAcross, day, day),
  drawn('appendTwice', 1, appendTwice, day, few),
  drawn('overwrite', 3, overwrite, day, fc.nat(3)),
  drawn('deleteRows', 3, deleteRows, fc.integer({ min: 1, max: 4 })),
  drawn('compact', 3, () => compact.bind(undefined)),
  drawn('mergeManifests', 2, () => mergeManifests.bind(undefined)),
  drawn('createRef', 2, createRef, refType, fc.nat(2)),
  drawn('dropRef', 1, dropRef, refType, fc.nat(2)),
  drawn('fastForward', 2, fastForward, fc.nat(5)),
  drawn('rollback', 1, rollback, fc.nat(20)),
  drawn('changeColumns', 1, changeColumns, fc.boolean()),
  drawn('expire', 4, expire, fc.nat(4), few),
  drawn('register', 3, register, fc.nat(1)),
  drawn('letGo', 1, letGo, fc.nat(1)),
  drawn('sweep', 3, () => sweep.bind(undefined)),
  drawn('pass', 3, pass, few),
)
const death = fc.record({
  // Beyond what a step calls: it lives.
  call: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 })),
  when: fc.constantFrom('before', 'after'),
})

const warehouse = 'memory:///warehouse'
const numRuns = Number(process.env['NACRE_TEST_RUNS'] ?? 25)

test('whatever happens to a table and wherever the process dies, no row is lost and nothing is left behind', async () => {
  await using database = await databases[0]!.open(migrations)
  let count = 0
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(steps, death), { minLength: 4, maxLength: 16 }), async (history) => {
      const world = new World(`model.t${count++}`, database, warehouse)
      await world.catalog.ensureTable(definition(world.name, false))
      for (const [step, dies] of history) await take(world, step, dies)
      await world.finish()
    }),
    { numRuns },
  )
})

/** A table on which each step has something to do. */
async function eventful(database: Database): Promise<World> {
  const world = new World('model.eventful', database, warehouse)
  await world.catalog.ensureTable(definition(world.name, false))
  for (const step of [
    appendAcross(days[0]!, days[1]!),
    append(days[0]!, 3, undefined),
    overwrite(days[0]!, 2),
    createRef('tag', 0),
    append(days[1]!, 3, undefined),
    register(0),
    append(days[0]!, 2, undefined),
    createRef('branch', 0),
    append(days[1]!, 2, 0),
    pass(2),
  ])
    assert.ok(await take(world, step, { call: 0, when: 'before' }))
  return world
}

for (const [name, step] of Object.entries({
  append: append(days[0]!, 2, undefined),
  'two appends at once': appendTwice(days[0]!, 2),
  'overwriting a day': overwrite(days[0]!, 2),
  'deleting rows': deleteRows(2),
  compaction: compact,
  'merging manifests': mergeManifests,
  'a branch': createRef('branch', 1),
  'fast-forward': fastForward(0),
  rollback: rollback(0),
  'a new column': changeColumns(true),
  expiry: expire(1, 1),
  sweep,
}))
  test(`${name}: a process that dies at any one of its calls leaves every snapshot whole`, async () => {
    await using database = await databases[0]!.open(migrations)
    const world = await eventful(database)
    const restore = await world.save()
    // To die after a call is to die before the next.
    const when = 'before'
    let hasLived = false
    for (let call = 1; !hasLived; call++) {
      assert.ok(call < 300, 'a step makes a bounded number of calls')
      hasLived = await take(world, step, { call, when })
      // The same can be done again.
      assert.ok(await take(world, step, { call: 0, when }))
      await world.finish()
      await restore()
    }
  })
