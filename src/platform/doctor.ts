import { statfs } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import type { Database } from '../database/index.ts'
import type { Settings } from '../settings/index.ts'
import type { Catalog } from '../tables/index.ts'
import type { EventService } from './event-service.ts'
import type { Warehouse } from './open-warehouse.ts'
import type { PlatformOverview } from './overview.ts'

/** One line per thing checked. */
export interface DoctorReport {
  readonly checks: readonly {
    readonly name: string
    readonly ok: boolean
    readonly found: string
    readonly remedy: string | null
  }[]
}

/** Disk space below which the collector soon refuses events. */
const leastFreeBytes = 1024 ** 3

export async function examine({
  settings,
  database,
  catalog,
  warehouse,
  events,
  overview,
  isolation,
}: {
  settings: Settings
  database: Database
  catalog: Pick<Catalog, 'brokenTables'>
  warehouse: Pick<Warehouse, 'uri' | 'store'>
  events: EventService
  overview: () => Promise<PlatformOverview>
  isolation: string
}): Promise<DoctorReport> {
  const checks: DoctorReport['checks'][number][] = []
  const check = (name: string, ok: boolean, found: string, remedy: string): void =>
    void checks.push({ name, ok, found, remedy: ok ? null : remedy })

  const gib = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`
  check(
    'node',
    Number(process.versions.node.split('.')[0]) >= 24,
    `v${process.versions.node}`,
    "Run Nacre with Node 24, as 'npm start' and 'npx nacre' do.",
  )
  check('machine', true, `${availableParallelism()} CPUs, ${gib(totalmem())} memory`, '')
  check(
    'isolation of jobs',
    isolation !== 'polled',
    isolation,
    'Jobs run without cgroups, so memory limits are only polled. Run Nacre where it may write to /sys/fs/cgroup to have them enforced.',
  )
  const disk = await statfs(settings.stateFolder)
  const free = disk.bavail * disk.bsize
  check(
    'disk',
    free > leastFreeBytes,
    `${gib(free)} free for ${settings.stateFolder}`,
    'Free some space: when it is used up, events are refused (clients keep them) and commits fail.',
  )
  const [version] = await database.query<{ version: string }>('select version()')
  check('state', true, `${database.kind}: ${version?.version.split(' on ')[0] ?? ''}`, '')
  const away = await reach(warehouse)
  check(
    'warehouse',
    away === null,
    away === null ? warehouse.uri : `${warehouse.uri} does not answer: ${away}`,
    'Look at the settings warehouse and s3…; until it answers, tables are neither read nor written.',
  )
  const broken = await catalog.brokenTables()
  check(
    'tables',
    broken.length === 0,
    broken.length === 0
      ? 'all can be read'
      : broken.map(({ name, problem }) => `${name}: ${problem}`).join(' '),
    'Restore the metadata files named here from a backup; the other tables are not touched by this.',
  )
  const { backlogBytes, failing } = events.counters()
  check(
    'events',
    failing === null,
    failing ?? `${backlogBytes} bytes wait to be landed`,
    'Mend what the message names; acknowledged events are safe in the log and are tried again.',
  )
  const { runs, late, feeds } = await overview()
  check(
    'jobs',
    runs.broken.length === 0,
    runs.broken.length === 0 ? 'none is broken' : `broken: ${runs.broken.map(({ job }) => job).join(', ')}`,
    "See 'nacre why <job>' and 'nacre logs <job>'.",
  )
  check(
    'lateness',
    late.length === 0,
    late.length === 0 ? 'nothing is late' : late.map(({ job, why }) => `${job} (${why})`).join(', '),
    "See 'nacre why <job>'.",
  )
  check(
    'feeds',
    feeds.failing === 0,
    `${feeds.published} published, ${feeds.pending} pending, ${feeds.failing} failing`,
    "See 'nacre feeds' for what the other side answered.",
  )
  return { checks }
}

/** Why the warehouse cannot be listed; null when it can. */
async function reach({ uri, store }: Pick<Warehouse, 'uri' | 'store'>): Promise<string | null> {
  try {
    for await (const _ of store.list(uri)) break
    return null
  } catch (error) {
    return (error as Error).message
  }
}
