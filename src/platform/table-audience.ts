import type { JobInfo } from '../jobs/index.ts'
import type { DeployedApp } from './app-registry.ts'

/** Who declares, writes and reads a table, as far as deployed apps tell. */
export interface TableAudience {
  /** Apps that declare it; empty for a table that only outside engines know. */
  readonly apps: readonly string[]
  /** Of the app that writes it, else of the first that declares it. */
  readonly team: string | null
  /** `app/job` */
  readonly writers: readonly string[]
  readonly readers: readonly string[]
  /** Its rows are landed by the collector. */
  readonly isEvents: boolean
  readonly isFeed: boolean
  readonly dashboards: readonly { readonly name: string; readonly title: string }[]
}

/** Who has to do with a table. */
export function audienceOf(
  table: string,
  { apps, jobs }: { apps: readonly DeployedApp[]; jobs: readonly JobInfo[] },
): TableAudience {
  const naming = (side: 'reads' | 'writes'): string[] =>
    jobs
      .filter(({ job }) => Object.values(job[side]).includes(table))
      .map(({ app, job }) => `${app}/${job.name}`)
  const manifests = apps.map(({ manifest }) => manifest)
  const declaring = manifests.filter(({ tables }) => table in tables)
  const writing = declaring.find(({ jobs: own }) =>
    own.some(({ writes }) => Object.values(writes).includes(table)),
  )
  return {
    team: (writing ?? declaring[0])?.team ?? null,
    apps: declaring.map(({ name }) => name),
    writers: naming('writes'),
    readers: naming('reads'),
    isEvents:
      table === 'events.rejected' ||
      manifests.some(({ events }) => events.some((event) => event.table.name === table)),
    isFeed: manifests.some(({ feeds }) => feeds.some((feed) => feed.table === table)),
    dashboards: manifests.flatMap(({ dashboards, models }) =>
      dashboards
        .filter(({ model }) => modelNames(models, model, table))
        .map(({ name, title }) => ({ name, title })),
    ),
  }
}

/** Whether a Malloy file, or one that it imports, names a table. */
function modelNames(
  files: Readonly<Record<string, string>>,
  file: string,
  table: string,
  seen: ReadonlySet<string> = new Set(),
): boolean {
  const text = files[file]
  if (text === undefined || seen.has(file)) return false
  if (text.includes(`'${table}'`) || text.includes(`"${table}"`)) return true
  const imported = [...text.matchAll(/\bfrom\s+['"]([^'"]+)['"]|\bimport\s+['"]([^'"]+)['"]/g)]
  return imported.some(([, from, whole]) =>
    modelNames(files, (from ?? whole)!, table, new Set([...seen, file])),
  )
}
