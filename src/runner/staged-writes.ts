import { NacreError } from '../base/index.ts'
import type { Engine } from '../engines/index.ts'
import type { TableWriter } from '../jobs/index.ts'
import type { Sql } from '../sql/index.ts'
import type { DataFile, PartitionSpecField, TableChange, WriteTarget } from '../tables/index.ts'

/** How a job's own code may change a table. */
type WriteKind = Exclude<TableChange['kind'], 'rewrite' | 'delete-rows'>

/** What a run has written to one table and not yet committed. */
export interface StagedTable {
  /** Its name among the job's `writes`. */
  readonly alias: string
  readonly target: WriteTarget
  kind: WriteKind | null
  readonly days: Set<string>
  readonly files: DataFile[]
}

/** A writer that stages: files are written at once, nothing is visible before the commit. A write that fails stages nothing. */
export function createWriter(
  { alias, target }: Pick<StagedTable, 'alias' | 'target'>,
  engine: Engine,
  signal: AbortSignal,
): {
  readonly writer: TableWriter
  readonly staged: StagedTable
  /** Waits for writes that the job began and did not await. */
  readonly settled: () => Promise<void>
} {
  const staged: StagedTable = { alias, target, kind: null, days: new Set(), files: [] }
  const underWay = new Set<Promise<void>>()
  const stage = async (kind: WriteKind, select: Sql, days: readonly string[] = []): Promise<void> => {
    refuseMix(staged, kind, days)
    const files = await engine.write(target, select, { signal })
    refuseMix(staged, kind, days) // another write may have ended meanwhile
    if (kind === 'overwrite-partitions') refuseStray(target, files, days)
    staged.kind = kind
    staged.files.push(...files)
    for (const day of days) staged.days.add(day)
  }
  const write = (work: Promise<void>): Promise<void> => {
    const forget = (): void => void underWay.delete(work)
    underWay.add(work)
    work.then(forget, forget)
    return work
  }
  return {
    staged,
    settled: async () => void (await Promise.all(underWay)),
    writer: {
      kind: 'table-ref',
      name: target.table,
      append: (select) => write(stage('append', select)),
      replace: (select) => write(stage('replace', select)),
      overwrite: (partition, select) => write(stage('overwrite-partitions', select, partition.days)),
    },
  }
}

/** Throws when a table that holds what `staged` says cannot also be written to in this way. */
function refuseMix({ target, ...staged }: StagedTable, kind: WriteKind, days: readonly string[]): void {
  const refuse = (what: string): never => {
    throw new NacreError('NACRE_INPUT', what)
  }
  if (kind === 'overwrite-partitions') {
    dayField(target)
    if (days.length === 0)
      refuse(
        `overwrite of '${target.table}' was given no days. Declare partitions: day({ from }) on the job, or use replace.`,
      )
  }
  if (staged.kind !== null && staged.kind !== kind)
    refuse(
      `One run cannot both ${verbs[staged.kind]} and ${verbs[kind]} table '${target.table}'; use one of them, or two jobs.`,
    )
  if (kind === 'replace' && staged.kind === 'replace')
    refuse(`Table '${target.table}' was replaced already in this run.`)
  const twice = days.find((day) => staged.days.has(day))
  if (twice !== undefined)
    refuse(
      `Day ${twice} of table '${target.table}' was overwritten already in this run; write all its rows with one query.`,
    )
}

function refuseStray(target: WriteTarget, files: readonly DataFile[], days: readonly string[]): void {
  const { name } = dayField(target)
  const stray = files.find(({ partition }) => !days.includes(String(partition[name])))
  if (stray === undefined) return
  throw new NacreError(
    'NACRE_INPUT',
    `overwrite of '${target.table}' made rows of ${name} = ${String(stray.partition[name])}, outside the run's days ${days[0]!}…${days.at(-1)!}. Restrict the query with partition.where(…).`,
  )
}

const verbs: Readonly<Record<WriteKind, string>> = {
  append: 'append to',
  'overwrite-partitions': 'overwrite days of',
  replace: 'replace',
}

/** The changes to commit; tables that were not written to are left out. */
export function changesOf(staged: readonly StagedTable[]): TableChange[] {
  return staged.flatMap(({ target, kind, days, files }): TableChange[] => {
    if (kind === null) return []
    if (kind !== 'overwrite-partitions') return [{ kind, table: target.table, files }]
    const { name } = dayField(target)
    return [
      { kind, table: target.table, partitions: [...days].toSorted().map((day) => ({ [name]: day })), files },
    ]
  })
}

function dayField(target: WriteTarget): PartitionSpecField {
  const types = new Map(target.schema.fields.map((field) => [field.id, field.type]))
  const field = target.spec.fields.find(
    ({ transform, 'source-id': source }) =>
      transform === 'day' || (transform === 'identity' && types.get(source) === 'date'),
  )
  if (field) return field
  throw new NacreError(
    'NACRE_INPUT',
    `Table '${target.table}' has no day among its partitions, so no days of it can be overwritten. Declare partitionBy: [day('column')], or use replace.`,
  )
}
