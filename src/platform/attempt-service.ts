import { NacreError } from '../base/index.ts'
import type { Database } from '../database/index.ts'
import type { AttemptAssignment, Scheduler } from '../jobs/index.ts'
import type { Catalog, ScanPlan, TableChange, WriteTarget } from '../tables/index.ts'

/** The two calls of the attempt protocol that join jobs and tables. */
export interface AttemptService {
  /** Gives an attempt its work; pins the snapshots it reads. */
  claim(attemptId: string): Promise<AttemptAssignment>
  /** Commits what an attempt wrote and ends its run, in one transaction. A second call for the same attempt changes nothing. */
  complete(attemptId: string, changes: readonly TableChange[]): Promise<void>
}

export function createAttemptService({
  database,
  catalog,
  scheduler,
}: {
  database: Database
  catalog: Catalog
  scheduler: Scheduler
}): AttemptService {
  return {
    async claim(attemptId) {
      const claimed = await scheduler.claimAttempt(attemptId)
      const reads: Record<string, ScanPlan> = {}
      for (const [alias, table] of Object.entries(claimed.job.reads))
        reads[alias] = await catalog.planScan(table)
      const writes: Record<string, WriteTarget> = {}
      for (const [alias, table] of Object.entries(claimed.job.writes))
        writes[alias] = await catalog.planWrite(table)
      return { ...claimed, reads, writes }
    },

    async complete(attemptId, changes) {
      const attempt = await scheduler.attempt(attemptId)
      // The answer to an earlier call was lost on its way.
      if (attempt.state === 'succeeded') return
      const declared = new Set(Object.values(attempt.job.writes))
      const stranger = changes.find(({ table }) => !declared.has(table))
      if (stranger !== undefined) {
        throw new NacreError(
          'NACRE_NOT_ALLOWED',
          `Job '${attempt.job.name}' does not declare that it writes '${stranger.table}'; add it to its writes.`,
        )
      }
      const finish: Parameters<Catalog['commit']>[1] = {
        summary: {
          'nacre.job': attempt.job.name,
          'nacre.run-id': attempt.runId,
          'nacre.attempt-id': attemptId,
        },
        within: (transaction, committed) =>
          scheduler.finishAttempt(transaction, attemptId, {
            outputs: Object.fromEntries(committed.map(({ table, snapshotId }) => [table, snapshotId])),
          }),
      }
      const committed = changes.length === 0 ? [] : await catalog.commit(changes, finish)
      // Nothing was changed, so nothing was committed: the run ends all the same.
      if (committed.length === 0)
        await database.transaction((transaction) =>
          scheduler.finishAttempt(transaction, attemptId, { outputs: {} }),
        )
      scheduler.wake()
    },
  }
}
