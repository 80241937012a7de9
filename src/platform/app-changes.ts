import { isDeepStrictEqual } from 'node:util'
import type { AppManifest } from '../apps/index.ts'

type Declared = ReadonlyMap<string, { readonly version: string | number | null; readonly content: unknown }>

/** What a deployment changes beside tables and jobs, in words: `feed shop.sales: version 1 → 2`, `added dashboard sales`. */
export function describeAppChanges(before: AppManifest, after: AppManifest): readonly string[] {
  return [
    ...compare('event', eventsOf(before), eventsOf(after)),
    ...compare('feed', feedsOf(before), feedsOf(after)),
    ...compare('dashboard', dashboardsOf(before), dashboardsOf(after)),
    ...compare('model', modelsOf(before), modelsOf(after)),
  ]
}

function compare(kind: string, before: Declared, after: Declared): readonly string[] {
  const removed = [...before.keys()].filter((name) => !after.has(name))
  return [
    ...[...after].flatMap(([name, now]) => {
      const former = before.get(name)
      if (former === undefined) return [`added ${kind} ${name}`]
      if (isDeepStrictEqual(former, now)) return []
      return former.version === now.version
        ? [`changed ${kind} ${name}`]
        : [`${kind} ${name}: version ${former.version ?? 'none'} → ${now.version ?? 'none'}`]
    }),
    ...removed.map((name) => `removed ${kind} ${name}`),
  ]
}

/** What becomes of an event's table is told of the table. */
function eventsOf({ events }: AppManifest): Declared {
  return new Map(events.map(({ table: _table, name, version, ...content }) => [name, { version, content }]))
}

function feedsOf({ feeds }: AppManifest): Declared {
  return new Map(
    feeds.map((feed) => [feed.table, { version: feed.contract?.version ?? null, content: feed }]),
  )
}

function dashboardsOf({ dashboards }: AppManifest): Declared {
  return new Map(dashboards.map((dashboard) => [dashboard.name, { version: null, content: dashboard }]))
}

function modelsOf({ models }: AppManifest): Declared {
  return new Map(Object.entries(models).map(([name, content]) => [name, { version: null, content }]))
}
