import type { Engine } from '../../../../src/engines/index.ts'
import { rawSql } from '../../../../src/sql/index.ts'
import type { Catalog, DataFile, ScanPlan, TableChange } from '../../../../src/tables/index.ts'
import { define } from '../../../support/temp-catalog.ts'
import type { Change, Condition, History, Shape } from './random-history.ts'

/** What a table's changes are made with: as jobs make them. */
export interface Writer {
  readonly catalog: Catalog
  readonly engine: Engine
}

/** Rows of a table at one state, as text. */
export interface Rows {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | null)[])[]
}

/** Makes a table and its changes through our own engine and catalog. Answers the snapshots its states are; null: an empty table. */
export async function applyHistory(
  writer: Writer,
  table: string,
  history: History,
): Promise<(string | null)[]> {
  const { catalog, engine } = writer
  await catalog.ensureTable(definition(table, history.shape))
  const states: (string | null)[] = []
  const write = async (select: string): Promise<readonly DataFile[]> =>
    engine.write(await catalog.planWrite(table), rawSql(select))
  const commit = async (changes: readonly TableChange[], branch?: string): Promise<void> => {
    const [committed] = await catalog.commit(changes, branch === undefined ? {} : { branch })
    states.push(committed?.snapshotId ?? (await catalog.planScan(table)).snapshotId)
  }
  for (const change of history.changes)
    switch (change.kind) {
      case 'append':
        await commit([{ kind: 'append', table, files: await write(change.select) }], change.branch)
        break
      case 'overwrite': {
        const { partition } = change.where
        const files = await write(change.select)
        await commit(
          partition
            ? [{ kind: 'overwrite-partitions', table, partitions: [partition], files }]
            : [...(await deletion(writer, table, change.where)), { kind: 'append', table, files }],
        )
        break
      }
      case 'delete':
        await commit(await deletion(writer, table, change.where))
        break
      case 'evolve':
        await catalog.ensureTable(definition(table, change.shape, change))
        break
      case 'tag':
      case 'branch':
        await catalog.refs.create(table, { name: change.name, type: change.kind })
        break
      case 'rollback':
        await catalog.refs.rollback(table, { snapshotId: states[change.state]! })
        break
      case 'expire':
        await catalog.maintenance.expireSnapshots(table, { olderThanMs: -1 })
    }
  return states
}

/** What our reader finds at each state that is still there. */
export async function readStates(
  { catalog, engine }: Writer,
  table: string,
  states: readonly (string | null)[],
): Promise<(Rows | null)[]> {
  const live = new Set((await catalog.snapshots(table)).map(({ snapshotId }) => snapshotId))
  const found: (Rows | null)[] = []
  for (const snapshotId of states) {
    const plan =
      snapshotId !== null && live.has(snapshotId) && (await catalog.planScan(table, { snapshotId }))
    found.push(plan ? await rowsOf(engine, plan) : null)
  }
  return found
}

async function rowsOf(engine: Engine, plan: ScanPlan): Promise<Rows> {
  await engine.attach(plan)
  const columns = plan.schema.fields.map(({ name }) => name)
  const texts = columns.map((name) => `cast("${name}" as varchar) as "${name}"`)
  const rows = await engine.rows<Record<string, string | null>>(
    `select ${texts.join(', ')} from ${plan.table} as t order by t.id`,
  )
  return { columns, rows: rows.map((row) => columns.map((name) => row[name]!)) }
}

/** Writes each file anew that holds rows of a condition and others. Nothing when no file holds any. */
async function deletion(
  { catalog, engine }: Writer,
  table: string,
  { sql }: Condition,
): Promise<TableChange[]> {
  const plan = await catalog.planScan(table)
  const target = await catalog.planWrite(table)
  const removes: string[] = []
  const files: DataFile[] = []
  for (const file of plan.files) {
    await engine.attach({ ...plan, files: [file] })
    const [counts] = await engine.rows<{ hits: number; others: number }>(
      `select count(*) filter ((${sql}) is true) as hits, count(*) filter ((${sql}) is not true) as others from ${table}`,
    )
    if (counts!.hits === 0) continue
    removes.push(file.path)
    if (counts!.others > 0)
      files.push(...(await engine.write(target, rawSql(`select * from ${table} where (${sql}) is not true`))))
  }
  if (removes.length === 0) return []
  return [{ kind: 'delete-rows', table, basedOn: plan.snapshotId!, removes, files }]
}

function definition(
  table: string,
  { columns, partitionBy }: Shape,
  { renamed, dropped }: Partial<Extract<Change, { kind: 'evolve' }>> = {},
): ReturnType<typeof define> {
  const [former, formerField] = renamed?.path ?? []
  const [gone, goneField] = dropped ?? []
  return define(table, {
    columns: Object.fromEntries(
      columns.map(({ name, type }) => {
        if (typeof type === 'object' && 'struct' in type && formerField !== undefined && name === former)
          return [name, { type: { ...type, renamedFrom: { [renamed!.to]: formerField } } }]
        if (typeof type === 'object' && 'struct' in type && goneField !== undefined && name === gone)
          return [name, { type: { ...type, dropped: [goneField] } }]
        const required = name === 'id'
        const isRenamed = formerField === undefined && name === renamed?.to
        return [name, isRenamed ? { type, renamedFrom: former! } : { type, required }]
      }),
    ),
    partitionBy,
    ...(gone !== undefined && goneField === undefined ? { dropped: [gone] } : {}),
  })
}
