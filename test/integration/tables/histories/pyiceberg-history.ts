import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import {
  buildFields,
  idsAfter,
  type ColumnType,
  type Field,
  type PartitionBy,
} from '../../../../src/tables/index.ts'
import type { Rows } from './nacre-history.ts'
import type { Change, History } from './random-history.ts'

/** What PyIceberg finds in a table. */
export interface Described {
  readonly schema: readonly Field[]
  readonly partitioning: readonly unknown[]
  readonly refs: Readonly<Record<string, readonly [type: string, snapshotId: string]>>
  /** Null: no longer there, or of no snapshot. */
  readonly states: readonly ((Rows & { readonly totals: Readonly<Record<string, string>> }) | null)[]
  readonly files: readonly DescribedFile[]
}

/** A live file of the current snapshot; numbers and bounds are by full names of columns, bounds as hexadecimal text. */
export interface DescribedFile {
  readonly partition: Readonly<Record<string, string>>
  readonly spec: number
  readonly rows: number
  readonly values: Readonly<Record<string, number>>
  readonly nulls: Readonly<Record<string, number>>
  readonly nans: Readonly<Record<string, number>>
  readonly lower: Readonly<Record<string, string>>
  readonly upper: Readonly<Record<string, string>>
}

/** A history to apply to a table `theirs`, and a table `ours` to look into. */
export interface HistoryRequest {
  readonly theirs: string
  readonly history: History
  readonly ours: string
  readonly states: readonly (string | null)[]
}

export interface HistoryAnswer {
  /** Snapshots that the states of `theirs` are. */
  readonly states: readonly (string | null)[]
  readonly ours: Described
  readonly theirs: Described
}

/** One Python process that applies histories one after another. */
export interface PyIceberg extends AsyncDisposable {
  /** Throws with what Python said when a change fails. */
  apply(request: HistoryRequest): Promise<HistoryAnswer>
}

/** Starts PyIceberg on a REST catalog. */
export function startPyIceberg(python: string, catalog: { uri: string; token: string }): PyIceberg {
  const program = fileURLToPath(new URL('pyiceberg-history.py', import.meta.url))
  const child = spawn(python, ['-W', 'ignore', program, JSON.stringify(catalog)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ended = new Promise((resolve) => child.once('close', resolve))
  return {
    async apply({ history, ...request }) {
      child.stdin.write(`${JSON.stringify({ ...request, history: worded(history) })}\n`)
      const { done, value } = await answers.next()
      if (done) throw new Error('Python ended.')
      const answer = JSON.parse(value) as HistoryAnswer & { problem?: string }
      if (answer.problem !== undefined) throw new Error(`PyIceberg failed:\n${answer.problem}`)
      return answer
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await ended
    },
  }
}

/** A history in Iceberg's own types and names. */
function worded({ shape, changes }: History): object {
  const fields = buildFields(
    shape.columns.map((column) => ({ ...column, required: column.name === 'id' })),
    idsAfter(0),
  )
  return {
    schema: { type: 'struct', 'schema-id': 0, fields },
    partitionBy: shape.partitionBy.map(partitionField),
    changes: changes.map((change) => (change.kind === 'evolve' ? wordedEvolution(change) : change)),
  }
}

function wordedEvolution({ shape, ...change }: Extract<Change, { kind: 'evolve' }>): object {
  const withField = <Part extends { type: ColumnType }>(part: Part | undefined): object | undefined =>
    part && { ...part, field: buildFields([{ name: 'any', type: part.type }], idsAfter(0))[0] }
  return {
    ...change,
    added: withField(change.added),
    widened: withField(change.widened),
    partitionBy: shape.partitionBy.map(partitionField),
  }
}

function partitionField({ column, transform }: PartitionBy): object {
  const suffix = transform.replace(/\[.*/, '').replace('truncate', 'trunc')
  return { column, transform, name: transform === 'identity' ? column : `${column}_${suffix}` }
}
