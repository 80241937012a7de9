import { NacreError } from '../base/index.ts'
import type { Engine, ResultRow } from '../engines/index.ts'
import { partitionSet, type Check, type JobContext, type JobDefinition, type JobLog } from '../jobs/index.ts'
import type { Sql, TableRef } from '../sql/index.ts'
import type { ScanPlan, TableChange, WriteTarget } from '../tables/index.ts'
import { runChecks } from './run-checks.ts'
import { changesOf, createWriter } from './staged-writes.ts'

/** One run of a job: what it reads, where it writes. */
export interface JobExecution {
  readonly definition: JobDefinition
  /** By alias. */
  readonly reads: Readonly<Record<string, ScanPlan>>
  readonly writes: Readonly<Record<string, WriteTarget>>
  readonly days: readonly string[]
  readonly dueAt: string
  readonly runId: string
  readonly attempt: number
  readonly checks: readonly Check[]
}

/** Runs a job's own code on an engine, then its checks; returns what is to be committed. Nothing is visible before that. */
export async function executeJob(
  { definition, reads, writes, days, dueAt, runId, attempt, checks }: JobExecution,
  { engine, log, signal }: { engine: Engine; log: JobLog; signal: AbortSignal },
): Promise<TableChange[]> {
  if (definition.spec.run === undefined)
    throw new NacreError('NACRE_APP_INVALID', `Job '${definition.name}' has no run function.`)
  for (const plan of Object.values(reads)) await engine.attach(plan)
  const writers = Object.entries(writes).map(([alias, target]) =>
    createWriter({ alias, target }, engine, signal),
  )
  const context: JobContext = {
    reads: Object.fromEntries(
      Object.entries(reads).map(([alias, plan]): [string, TableRef] => [
        alias,
        { kind: 'table-ref', name: plan.table },
      ]),
    ),
    writes: Object.fromEntries(writers.map(({ staged, writer }) => [staged.alias, writer])),
    partition: partitionSet(days),
    dueAt,
    runId,
    attempt,
    query: (select) => batchesOf(engine, select, signal),
    rows: (select) => engine.rows(select, { signal }),
    execute: async (statement) => {
      for await (const _batch of batchesOf(engine, statement, signal)) signal.throwIfAborted()
    },
    log,
    signal,
  }
  // An abort that has happened is never told by an event.
  signal.throwIfAborted()
  await definition.spec.run(context)
  for (const { settled } of writers) await settled()
  signal.throwIfAborted()
  const staged = writers.map((writer) => writer.staged)
  await runChecks(checks, staged, engine, signal)
  return changesOf(staged)
}

async function* batchesOf(
  engine: Engine,
  select: Sql,
  signal: AbortSignal,
): AsyncIterable<readonly ResultRow[]> {
  yield* (await engine.query(select, { signal })).batches
}
