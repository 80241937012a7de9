import { appManifest, type AppDefinition, type AppManifest } from '../apps/index.ts'
import { packArchive } from '../bundles/index.ts'
import { builtInAppName, cron, job, manual, type JobSpec, type Trigger } from '../jobs/index.ts'

/** Jobs that the platform itself brings; their code is the runner's. Names are what people see and may start, pause and follow. */
const jobs: readonly { name: string; trigger: Trigger; doc: string; memory?: string }[] = [
  {
    name: 'compact-tables',
    trigger: cron('7 * * * *'),
    doc: 'Rewrites small files of each table into few large ones, and applies deletes that other engines left beside them.',
    memory: '1GiB',
  },
  {
    name: 'expire-snapshots',
    trigger: cron('37 * * * *'),
    doc: 'Merges small manifests, forgets snapshots that are old and that nobody holds, and removes the files only they had.',
  },
  {
    name: 'sweep-orphans',
    trigger: cron('23 3 * * *'),
    doc: 'Removes files that no table names, such as those of a writer that was killed.',
  },
  {
    name: 'forget',
    trigger: manual(),
    doc: "Erases people's rows from every table that says whose rows it holds; ask for it with 'nacre forget'.",
    memory: '1GiB',
  },
]

const common: JobSpec = {
  team: 'nacre',
  resources: { cpus: 1, memory: '512MiB' },
  timeout: '6h',
  retries: { limit: 2, backoff: '1m..10m' },
  run: async () => {},
}

/** The archive of the app that is always deployed. The same version gives the same bytes. */
export function builtInArchive(): Promise<Uint8Array> {
  const definition: AppDefinition = {
    kind: 'app',
    name: builtInAppName,
    spec: {
      doc: 'Keeps the tables in good order.',
      jobs: jobs.map(({ name, memory, ...spec }) =>
        job(name, {
          ...common,
          ...spec,
          ...(memory === undefined ? {} : { resources: { cpus: 1, memory } }),
        }),
      ),
    },
  }
  const manifest: AppManifest = appManifest(definition, {})
  return packArchive({
    'app.mjs': Buffer.from('export default {}\n'),
    'manifest.json': Buffer.from(JSON.stringify(manifest)),
  })
}
