import { NacreError, type Clock } from '../../base/index.ts'
import type { Engine } from '../../engines/index.ts'
import type { JobLog } from '../../jobs/index.ts'
import type { AttemptClient } from '../attempt-client.ts'
import { compactTables } from './compact-tables.ts'
import { forget } from './forget.ts'
import { expireSnapshots, sweepOrphans } from './tidy-tables.ts'

/** What a job of the platform's own works with. */
export interface BuiltInWork {
  readonly client: Pick<AttemptClient, 'maintenance'>
  readonly engine: Engine
  readonly log: JobLog
  readonly signal: AbortSignal
  readonly clock: Clock
}

const builtInJobs: Readonly<Record<string, (work: BuiltInWork) => Promise<void>>> = {
  'compact-tables': compactTables,
  'expire-snapshots': expireSnapshots,
  'sweep-orphans': sweepOrphans,
  forget,
}

/** Runs a job of the app that the platform brings. */
export async function runBuiltIn(name: string, work: BuiltInWork): Promise<void> {
  const run = builtInJobs[name]
  if (run === undefined)
    throw new NacreError(
      'NACRE_APP_INVALID',
      `This version of Nacre brings no job '${name}'. Start its server again.`,
    )
  await run(work)
}
