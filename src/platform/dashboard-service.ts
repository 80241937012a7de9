import { NacreError } from '../base/index.ts'
import type { DashboardDefinition, Models, TileResult } from '../models/index.ts'
import type { AppRegistry, DeployedApp } from './app-registry.ts'

/** Dashboards of all deployed apps. */
export interface DashboardService {
  list(): readonly {
    readonly name: string
    readonly title: string
    readonly doc: string | null
    readonly team: string | null
    readonly tiles: number
  }[]
  definition(name: string): DashboardDefinition
  /** Values to offer, by choice filter's name. */
  suggestions(name: string): Promise<Readonly<Record<string, readonly string[]>>>
  tile(
    name: string,
    tile: number,
    filters: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<TileResult>
}

export function createDashboardService({
  apps,
  models,
  timeoutMs,
}: {
  apps: AppRegistry
  models: Models
  timeoutMs: number
}): DashboardService {
  const all = (): { readonly app: DeployedApp; readonly dashboard: DashboardDefinition }[] =>
    apps.list().flatMap((app) => app.manifest.dashboards.map((dashboard) => ({ app, dashboard })))
  const find = (
    name: string,
  ): { readonly dashboard: DashboardDefinition; readonly files: Readonly<Record<string, string>> } => {
    const found = all().find(({ dashboard }) => dashboard.name === name)
    if (found !== undefined) return { dashboard: found.dashboard, files: found.app.manifest.models }
    const names = all().map(({ dashboard }) => dashboard.name)
    throw new NacreError(
      'NACRE_NOT_FOUND',
      `There is no dashboard '${name}'. Dashboards: ${names.join(', ') || 'none; declare one in nacre.config.ts'}.`,
    )
  }
  return {
    list: () =>
      all().map(({ app, dashboard: { name, title, doc, team, tiles } }) => ({
        name,
        title,
        doc: doc ?? null,
        team: team ?? app.manifest.team,
        tiles: tiles.length,
      })),
    definition: (name) => find(name).dashboard,
    suggestions: async (name) => models.suggest(find(name), AbortSignal.timeout(timeoutMs)),
    tile: (name, tile, filters, signal) => models.runTile(find(name), { tile, filters }, signal),
  }
}
