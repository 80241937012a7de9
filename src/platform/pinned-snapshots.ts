import { NacreError, systemClock, type Clock } from '../base/index.ts'
import type { AttemptIdentity } from '../jobs/index.ts'
import type { Catalog, ScanPlan } from '../tables/index.ts'

/** How often a snapshot may expire between its choice and its registration. */
const maxTries = 5

const readerOf = (attemptId: string): string => `attempt ${attemptId}`

/** Plans the reading of a table's current snapshot by an attempt, which holds it from expiring until its end or its timeout. */
export async function pinSnapshot(
  catalog: Catalog,
  table: string,
  { attemptId, job }: AttemptIdentity,
  { clock = systemClock }: { clock?: Clock } = {},
): Promise<ScanPlan> {
  const expiresAt = new Date(clock.now() + job.timeoutMs).toISOString()
  for (let tries = 1; ; tries++) {
    const plan = await catalog.planScan(table)
    if (plan.snapshotId === null) return plan
    try {
      await catalog.registerReader(table, {
        reader: readerOf(attemptId),
        snapshotId: plan.snapshotId,
        expiresAt,
      })
      return plan
    } catch (error) {
      const isGone = error instanceof NacreError && error.code === 'NACRE_NOT_FOUND'
      if (!isGone || tries === maxTries) throw error
    }
  }
}

/** Lets go what an attempt held; what cannot be let go ends by itself at the attempt's timeout. */
export async function releaseSnapshots(catalog: Catalog, { attemptId, job }: AttemptIdentity): Promise<void> {
  await Promise.allSettled(
    Object.values(job.reads).map((table) => catalog.dropReader(table, readerOf(attemptId))),
  )
}
