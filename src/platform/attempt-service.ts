import { NacreError, type ErrorJson } from '../base/index.ts'
import type { Database } from '../database/index.ts'
import {
  authenticateAttempt,
  claimAttempt,
  completedOutputs,
  failAttempt,
  finishAttempt,
  heartbeat,
  type AttemptAssignment,
  type AttemptIdentity,
  type AttemptLogs,
  type HeartbeatReply,
  type LogLine,
  type Scheduler,
} from '../jobs/index.ts'
import type { StorageAccess } from '../storage/index.ts'
import type { Catalog, ScanPlan, TableChange, WriteTarget } from '../tables/index.ts'
import type { Changes } from './changes.ts'
import { pinSnapshot, releaseSnapshots } from './pinned-snapshots.ts'

/** The platform's side of the attempt protocol. */
export interface AttemptService {
  authenticate(attemptId: string, token: string): Promise<AttemptIdentity>
  /** Gives an attempt its work; pins the snapshots it reads. */
  claim(attempt: AttemptIdentity): Promise<AttemptAssignment>
  heartbeat(attempt: AttemptIdentity): Promise<HeartbeatReply>
  appendLogs(attempt: AttemptIdentity, lines: readonly LogLine[]): Promise<void>
  /** Commits what an attempt wrote and ends its run, in one transaction. A second call for the same attempt changes nothing. */
  complete(attempt: AttemptIdentity, changes: readonly TableChange[]): Promise<void>
  fail(attempt: AttemptIdentity, error: ErrorJson): Promise<void>
}

export interface AttemptServiceParts {
  readonly database: Database
  readonly catalog: Catalog
  /** What the processes of attempts get. */
  readonly storage: StorageAccess
  readonly scheduler: Pick<Scheduler, 'wake'>
  readonly logs: AttemptLogs
  readonly changes: Changes
}

export function createAttemptService({
  database,
  catalog,
  storage,
  scheduler,
  logs,
  changes,
}: AttemptServiceParts): AttemptService {
  const ended = (attempt: AttemptIdentity): void => {
    scheduler.wake()
    changes.tell({ topic: 'runs', name: attempt.runId })
    void releaseSnapshots(catalog, attempt)
  }
  return {
    authenticate: (attemptId, token) => authenticateAttempt(database, attemptId, token),

    async claim(attempt) {
      const claimed = await claimAttempt(database, attempt.attemptId)
      const reads: Record<string, ScanPlan> = {}
      for (const [alias, table] of Object.entries(claimed.job.reads))
        reads[alias] = await pinSnapshot(catalog, table, attempt)
      const writes: Record<string, WriteTarget> = {}
      for (const [alias, table] of Object.entries(claimed.job.writes))
        writes[alias] = await catalog.planWrite(table)
      changes.tell({ topic: 'runs', name: attempt.runId })
      return { ...claimed, reads, writes, storage }
    },

    heartbeat: ({ attemptId }) => heartbeat(database, attemptId),

    appendLogs: async ({ attemptId }, lines) => void (await logs.append(attemptId, lines)),

    async complete(attempt, tableChanges) {
      const { attemptId, job, runId } = attempt
      // The answer to an earlier call was lost on its way.
      if ((await completedOutputs(database, attemptId)) !== null) return
      const declared = new Set(Object.values(job.writes))
      const stranger = tableChanges.find(({ table }) => !declared.has(table))
      if (stranger !== undefined) {
        throw new NacreError(
          'NACRE_NOT_ALLOWED',
          `Job '${job.name}' does not declare that it writes '${stranger.table}'; add it to its writes.`,
        )
      }
      const committed =
        tableChanges.length === 0
          ? []
          : await catalog.commit(tableChanges, {
              summary: { 'nacre.job': job.name, 'nacre.run-id': runId, 'nacre.attempt-id': attemptId },
              within: (transaction, tables) =>
                finishAttempt(transaction, attemptId, {
                  outputs: Object.fromEntries(tables.map(({ table, snapshotId }) => [table, snapshotId])),
                }),
            })
      // Nothing changed, so nothing was committed: the run ends all the same.
      if (committed.length === 0)
        await database.transaction((transaction) => finishAttempt(transaction, attemptId, { outputs: {} }))
      ended(attempt)
    },

    async fail(attempt, error) {
      await failAttempt(database, attempt.attemptId, error)
      ended(attempt)
    },
  }
}
