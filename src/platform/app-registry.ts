import type { AppManifest } from '../apps/index.ts'
import type { BundleStore } from '../bundles/index.ts'
import { countOf, NacreError, sha256, systemClock } from '../base/index.ts'
import type { Database, Migration } from '../database/index.ts'
import { builtInAppName, registerApp, type Scheduler } from '../jobs/index.ts'
import type { EventManifest } from '../events/index.ts'
import { enqueueCurrent, type FeedManifest } from '../publish/index.ts'
import type { Catalog, CommittedTable, TableDefinition, TableMetadata } from '../tables/index.ts'
import { describeAppChanges } from './app-changes.ts'
import { builtInArchive } from './built-in-app.ts'
import type { Changes } from './changes.ts'
import { describeEvolution } from './table-evolution.ts'

export const appMigrations: readonly Migration[] = [
  {
    name: 'platform-0002-apps',
    sql: `
create table app (
  name text primary key,
  bundle text not null,
  deployed_at timestamptz not null
);
`,
  },
]

/** A deployed app. */
export interface DeployedApp {
  readonly name: string
  readonly bundle: string
  readonly deployedAt: string
  readonly manifest: AppManifest
}

/** The apps that are deployed, kept in memory as the state holds them. */
export interface AppRegistry {
  /** Those that were deployed; the one that the platform brings is not among them. */
  list(): readonly DeployedApp[]
  /** Every feed of every app. */
  feeds(): readonly FeedManifest[]
  /** The same, as a deployment that is being made declares them: what a change of a table must keep to. */
  declaredFeeds(): readonly FeedManifest[]
  /** Every declared event of every app. */
  events(): readonly EventManifest[]
  /**
   * Stores a bundle, makes its tables, registers its jobs. `changes` says in words what became of what it declares, for a new app by
   * counts; empty when the bundle was deployed already. Throws NACRE_APP_INVALID when it contradicts another app.
   */
  deploy(
    app: string,
    archive: Uint8Array,
  ): Promise<{ app: string; bundle: string; changes: readonly string[] }>
}

export async function openAppRegistry(
  {
    database,
    bundles,
    catalog,
    scheduler,
    changes,
  }: {
    database: Database
    bundles: BundleStore<AppManifest>
    catalog: Catalog
    scheduler: Pick<Scheduler, 'wake'>
    changes: Changes
  },
  { clock = systemClock }: { clock?: typeof systemClock } = {},
): Promise<AppRegistry> {
  const deployed = new Map<string, DeployedApp>()
  for (const row of await database.query<{ name: string; bundle: string; deployed_at: Date }>(
    'select name, bundle, deployed_at from app',
  )) {
    deployed.set(row.name, {
      name: row.name,
      bundle: row.bundle,
      deployedAt: row.deployed_at.toISOString(),
      manifest: await bundles.manifest(row.bundle),
    })
  }
  const arriving = new Map<string, AppManifest>()
  const deploy: AppRegistry['deploy'] = async (app, archive) => {
    const { hash, manifest } = await bundles.put(archive)
    if (manifest.name !== app)
      throw new NacreError('NACRE_APP_INVALID', `The bundle holds app '${manifest.name}', not '${app}'.`)
    const others = [...deployed.values()].filter((other) => other.name !== app)
    refuseContradictions(manifest, others)
    const known = new Set((await catalog.tables()).map(({ name }) => name))
    // What cannot be read stays as it is, and holds back neither the app's other tables nor its jobs.
    const broken = new Set((await catalog.brokenTables()).map(({ name }) => name))
    const isReadable = (table: string): boolean => !broken.has(table)
    const manifests = [manifest, ...others.map((other) => other.manifest)]
    const metadataOf = async (table: string): Promise<TableMetadata> =>
      (await catalog.iceberg.loadTable(table)).metadata
    const made: string[] = []
    const told: string[] = []
    arriving.set(app, manifest)
    try {
      for (const table of Object.values(manifest.tables)) {
        const { name } = table
        if (!isReadable(name)) {
          told.push(`table ${name} cannot be read; 'nacre tables' says why`)
          continue
        }
        const before = known.has(name) ? await metadataOf(name) : undefined
        await catalog.ensureTable(withTeam(table, manifests))
        if (before === undefined) made.push(name)
        else {
          const words = describeEvolution(before, await metadataOf(name))
          if (words.length > 0) told.push(`table ${name}: ${words.join(', ')}`)
        }
      }
    } finally {
      arriving.delete(app)
    }
    const days = await existingDays(manifest, catalog, isReadable)
    const published = await currentSnapshots(manifest, catalog, isReadable)
    const at = new Date(clock.now())
    const changed = await database.transaction(async (transaction) => {
      await transaction.query(
        'insert into app (name, bundle, deployed_at) values ($1, $2, $3) on conflict (name) do update set bundle = excluded.bundle, deployed_at = excluded.deployed_at',
        [app, hash, at],
      )
      // A table that has just become a feed is announced as it stands; what was announced before is not announced again.
      await enqueueCurrent(transaction, manifest.feeds, published)
      return registerApp(transaction, { app, bundle: hash, manifests: manifest.jobs, existingDays: days })
    })
    const former = deployed.get(app)
    deployed.set(app, { name: app, bundle: hash, deployedAt: at.toISOString(), manifest })
    scheduler.wake()
    changes.tell({ topic: 'apps', name: app })
    if (former === undefined) {
      const counts = [`${countOf(made.length, 'table')} made`, `${countOf(changed.length, 'job')} added`]
      return { app, bundle: hash, changes: [...counts, ...told] }
    }
    const words = [
      ...made.map((name) => `table ${name} made`),
      ...told,
      ...changed,
      ...describeAppChanges(former.manifest, manifest),
    ]
    const isCodeAlone = words.length === 0 && former.bundle !== hash
    return { app, bundle: hash, changes: isCodeAlone ? ['code changed'] : words }
  }
  const builtIn = await builtInArchive()
  if (deployed.get(builtInAppName)?.bundle !== sha256(builtIn)) await deploy(builtInAppName, builtIn)
  const own = (): DeployedApp[] => [...deployed.values()].filter(({ name }) => name !== builtInAppName)
  return {
    list: own,
    feeds: () => own().flatMap(({ manifest }) => manifest.feeds),
    declaredFeeds: () => [
      ...[...arriving.values()].flatMap(({ feeds }) => feeds),
      ...own().flatMap(({ name, manifest }) => (arriving.has(name) ? [] : manifest.feeds)),
    ],
    events: () =>
      own().flatMap(({ manifest }) =>
        manifest.events.map((event) => ({ ...event, table: withTeam(event.table, [manifest]) })),
      ),
    deploy(app, archive) {
      if (app !== builtInAppName) return deploy(app, archive)
      throw new NacreError(
        'NACRE_NOT_ALLOWED',
        `App '${app}' comes with the platform; deploy under another name.`,
      )
    },
  }
}

/** A table whose definition names no team is of the team of the app that writes it, so that outside engines are held to it too. */
function withTeam(table: TableDefinition, manifests: readonly AppManifest[]): TableDefinition {
  const { name, spec } = table
  const writer = manifests.find(
    ({ jobs, events }) =>
      jobs.some((job) => Object.values(job.writes).includes(name)) ||
      events.some((event) => event.table.name === name),
  )
  return spec.team !== undefined || writer === undefined
    ? table
    : { ...table, spec: { ...spec, team: writer.team } }
}

/** Two apps may read one table, but only one may write it, and both must mean the same table by its name. */
function refuseContradictions(manifest: AppManifest, others: readonly DeployedApp[]): void {
  for (const other of others) {
    const theirs = new Set(other.manifest.jobs.flatMap((job) => Object.values(job.writes)))
    const shared = manifest.jobs
      .flatMap((job) => Object.values(job.writes))
      .find((table) => theirs.has(table))
    if (shared !== undefined) {
      throw new NacreError(
        'NACRE_APP_INVALID',
        `Table '${shared}' is written by app '${other.name}' already; let one app write it and the other read it.`,
      )
    }
    const event = manifest.events.find(({ table }) =>
      other.manifest.events.some((each) => each.table.name === table.name),
    )
    if (event !== undefined) {
      throw new NacreError(
        'NACRE_APP_INVALID',
        `Event '${event.name}' is declared by app '${other.name}' already; declare it in one app.`,
      )
    }
  }
}

/** Days that tables hold already, so that a new job that listens to them has its past to do. */
async function existingDays(
  manifest: AppManifest,
  catalog: Catalog,
  isReadable: (table: string) => boolean,
): Promise<Record<string, string[]>> {
  const listened = new Set(
    manifest.jobs.flatMap(({ trigger }) => (trigger.kind === 'on' ? trigger.tables : [])),
  )
  const days: Record<string, string[]> = {}
  for (const table of [...listened].filter(isReadable)) {
    const { files } = await catalog.planScan(table)
    if (files.length === 0) continue
    const values = files
      .flatMap(({ partition }) => Object.values(partition))
      .filter((value): value is string => /^\d{4}-\d{2}-\d{2}$/.test(String(value)))
    days[table] = [...new Set(values)].toSorted()
  }
  return days
}

/** What the app's feeds would announce now. */
async function currentSnapshots(
  manifest: AppManifest,
  catalog: Catalog,
  isReadable: (table: string) => boolean,
): Promise<CommittedTable[]> {
  const readable = manifest.feeds.map(({ table }) => table).filter(isReadable)
  const tables = await Promise.all(readable.map((table) => catalog.table(table)))
  return tables.flatMap(({ name, uuid, current }) =>
    current === null ? [] : [{ ...current, table: name, tableUuid: uuid, partitions: [] }],
  )
}
