import { NacreError } from '../base/index.ts'
import { eventManifest, rejectedEvents, type EventManifest } from '../events/index.ts'
import { jobManifest, validateJobs, type JobManifest } from '../jobs/index.ts'
import type { DashboardDefinition } from '../models/index.ts'
import { feedManifest, type FeedManifest } from '../publish/index.ts'
import type { TableDefinition } from '../tables/index.ts'
import type { AppDefinition } from './app-definition.ts'

/** An app as the platform stores it: plain JSON, part of its bundle. */
export interface AppManifest {
  readonly name: string
  readonly doc: string | null
  readonly team: string
  /** Every table that anything of the app names, by full name. */
  readonly tables: Readonly<Record<string, TableDefinition>>
  readonly events: readonly EventManifest[]
  readonly jobs: readonly JobManifest[]
  readonly feeds: readonly FeedManifest[]
  readonly dashboards: readonly DashboardDefinition[]
  /** Text of the Malloy files by file name. */
  readonly models: Readonly<Record<string, string>>
}

/** Turns a definition into its manifest and checks it as a whole. Throws NACRE_APP_INVALID listing every problem found. */
export function appManifest(
  definition: AppDefinition,
  models: Readonly<Record<string, string>>,
): AppManifest {
  const { name, spec } = definition
  const team = spec.team ?? name
  const problems: string[] = []
  const events = spec.plan?.events ?? []
  const tables = collectTables(
    [
      ...(spec.plan === undefined ? [] : [rejectedEvents]),
      ...events.map((event) => event.table),
      ...(spec.tables ?? []),
      ...(spec.jobs ?? []).flatMap((job) => [
        ...Object.values(job.spec.reads ?? {}),
        ...Object.values(job.spec.writes ?? {}),
      ]),
      ...(spec.feeds ?? []).map((feed) => feed.spec.table),
    ],
    problems,
  )
  const jobs = (spec.jobs ?? []).map((job) => jobManifest(job, { team }))
  problems.push(...validateJobs(jobs, Object.keys(tables)))
  for (const dashboard of spec.dashboards ?? []) {
    if (!(dashboard.model in models)) {
      problems.push(
        `dashboard '${dashboard.name}' names the model '${dashboard.model}', which is not among ${Object.keys(models).join(', ') || 'the model files (there are none; set models in nacre.config.ts)'}.`,
      )
    }
  }
  if (problems.length > 0) {
    throw new NacreError(
      'NACRE_APP_INVALID',
      `App '${name}' has ${problems.length} problem(s):\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
      {
        details: { problems },
      },
    )
  }
  return {
    name,
    doc: spec.doc ?? null,
    team,
    tables,
    events: events.map(eventManifest),
    jobs,
    feeds: (spec.feeds ?? []).map(feedManifest),
    dashboards: spec.dashboards ?? [],
    models,
  }
}

/** One definition per name; two that differ are a problem. */
function collectTables(
  all: readonly TableDefinition[],
  problems: string[],
): Readonly<Record<string, TableDefinition>> {
  const byName: Record<string, TableDefinition> = {}
  for (const table of all) {
    const known = byName[table.name]
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(table)) {
      problems.push(`table '${table.name}' is defined twice, differently. Define it once and import it.`)
    }
    byName[table.name] = table
  }
  return byName
}
