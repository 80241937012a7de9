import { NacreError } from '../base/index.ts'
import { eventManifest, rejectedEvents, type EventManifest } from '../events/index.ts'
import { jobManifest, validateJobs, type Check, type JobDefinition, type JobManifest } from '../jobs/index.ts'
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
  const each = <Definition, Manifest>(
    definitions: readonly Definition[] = [],
    manifestOf: (definition: Definition) => Manifest,
  ): Manifest[] =>
    definitions.flatMap((one) => {
      try {
        return [manifestOf(one)]
      } catch (error) {
        if (!(error instanceof NacreError)) throw error
        problems.push(error.message)
        return []
      }
    })
  const jobs = each(spec.jobs, (job) => jobManifest(job, { team }))
  const feeds = each(spec.feeds, feedManifest)
  problems.push(
    ...validateJobs(jobs, Object.keys(tables)),
    ...(spec.jobs ?? []).flatMap(checkedColumns),
    ...twice(
      'feed of table',
      feeds.map(({ table }) => table),
    ),
    ...twice(
      'dashboard',
      (spec.dashboards ?? []).map((dashboard) => dashboard.name),
    ),
  )
  for (const dashboard of spec.dashboards ?? []) {
    if (!Object.hasOwn(models, dashboard.model)) {
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
    feeds,
    dashboards: spec.dashboards ?? [],
    models,
  }
}

/** Checks of columns that the written table does not have. */
function checkedColumns({ name, spec }: JobDefinition): string[] {
  const tables = Object.entries(spec.writes ?? {})
  return (spec.checks ?? []).flatMap((check) => {
    const table = tables.find(([alias]) => check.table === undefined || check.table === alias)?.[1]
    if (table === undefined) return [] // told by validateJobs
    const columns = Object.keys(table.spec.columns)
    return columnsOf(check)
      .filter((column) => !columns.includes(column))
      .map(
        (column) =>
          `job '${name}' checks the column '${column}' (${check.kind}), which table '${table.name}' does not have; it has ${columns.join(', ')}.`,
      )
  })
}

/** Columns a check reads. */
function columnsOf(check: Check): readonly string[] {
  switch (check.kind) {
    case 'unique':
    case 'not-null':
      return check.columns
    case 'between':
      return [check.column]
    case 'rows-between':
      return []
  }
}

function twice(what: string, names: readonly string[]): string[] {
  const repeated = names.filter((name, index) => names.indexOf(name) < index)
  return [...new Set(repeated)].map((name) => `${what} '${name}' is declared twice; leave one of them.`)
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
