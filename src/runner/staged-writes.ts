import { NacreError } from '../base/index.ts'
import type { Engine } from '../engines/index.ts'
import type { PartitionSet, TableWriter } from '../jobs/index.ts'
import type { Sql } from '../sql/index.ts'
import type { DataFile, PartitionSpecField, TableChange, WriteTarget } from '../tables/index.ts'

/** What a run has written to one table and not yet committed. */
export interface StagedTable {
  readonly target: WriteTarget
  kind: TableChange['kind'] | null
  readonly days: Set<string>
  readonly files: DataFile[]
}

/** A writer that stages: files are written at once, nothing is visible before the commit. */
export function createWriter(
  target: WriteTarget,
  engine: Engine,
  signal: AbortSignal,
): { writer: TableWriter; staged: StagedTable } {
  const staged: StagedTable = { target, kind: null, days: new Set(), files: [] }
  const stage = async (kind: TableChange['kind'], select: Sql): Promise<readonly DataFile[]> => {
    if (staged.kind !== null && staged.kind !== kind) {
      throw new NacreError(
        'NACRE_INPUT',
        `One run cannot both ${verbs[staged.kind]} and ${verbs[kind]} table '${target.table}'; use one of them, or two jobs.`,
      )
    }
    staged.kind = kind
    const files = await engine.write(target, select, { signal })
    staged.files.push(...files)
    return files
  }
  return {
    staged,
    writer: {
      kind: 'table-ref',
      name: target.table,
      append: async (select) => void (await stage('append', select)),
      async replace(select) {
        if (staged.kind === 'replace')
          throw new NacreError('NACRE_INPUT', `Table '${target.table}' was replaced already in this run.`)
        await stage('replace', select)
      },
      async overwrite(partition: PartitionSet, select) {
        const field = dayField(target)
        if (partition.days.length === 0) {
          throw new NacreError(
            'NACRE_INPUT',
            `overwrite of '${target.table}' was given no days. Declare partitions: day({ from }) on the job, or use replace.`,
          )
        }
        const files = await stage('overwrite-partitions', select)
        const stray = files
          .map((file) => file.partition[field.name])
          .find((day) => !partition.days.includes(String(day)))
        if (stray !== undefined) {
          throw new NacreError(
            'NACRE_INPUT',
            `overwrite of '${target.table}' made rows of ${field.name} = ${String(stray)}, outside the run's days ${partition.days[0]!}…${partition.days.at(-1)!}. Restrict the query with partition.where(…).`,
          )
        }
        for (const day of partition.days) staged.days.add(day)
      },
    },
  }
}

const verbs: Readonly<Record<TableChange['kind'], string>> = {
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
