import { NacreError } from '../base/index.ts'
import { chartColumns } from './chart-columns.ts'
import type { DashboardDefinition, DashboardFilter, Tile } from './dashboard-definition.ts'
import { readDays } from './filter-values.ts'

/** What an app says of a dashboard. */
export type DashboardSpec = Omit<DashboardDefinition, 'kind' | 'name' | 'filters'> & {
  readonly filters?: readonly DashboardFilter[]
}

/**
 * Declares a dashboard: tiles on one page, each its own Malloy query. Throws NACRE_APP_INVALID listing every problem.
 * @example
 * dashboard('engagement', {
 *   title: 'Engagement', model: 'bookstore.malloy',
 *   filters: [{ kind: 'days', name: 'days', label: 'Days', default: 'last:30d' }],
 *   tiles: [{ title: 'Readers', query: 'engagement -> by_day', dateField: 'day',
 *             chart: { kind: 'line', x: 'day', y: ['readers'] } }],
 * })
 */
export function dashboard(name: string, spec: DashboardSpec): DashboardDefinition {
  const definition: DashboardDefinition = { kind: 'dashboard', name, ...spec, filters: spec.filters ?? [] }
  const problems = [...dashboardProblems(definition)]
  if (problems.length === 0) return definition
  throw new NacreError(
    'NACRE_APP_INVALID',
    `Dashboard '${name}' has ${problems.length} problem(s):\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    { details: { dashboard: name, problems } },
  )
}

function* dashboardProblems({ name, title, model, filters, tiles }: DashboardDefinition): Iterable<string> {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name)) {
    yield `its name '${name}' must be lower-case letters, digits and '-', starting with a letter.`
  }
  if (title.trim() === '') yield 'its title is empty.'
  if (!model.endsWith('.malloy')) yield `its model '${model}' must be a file name ending in '.malloy'.`
  if (tiles.length === 0) yield 'it has no tiles.'
  yield* filterProblems(filters)
  const choices = filters.filter(({ kind }) => kind === 'choice').map((filter) => filter.name)
  for (const tile of tiles) yield* tileProblems(tile, choices)
}

function* filterProblems(filters: readonly DashboardFilter[]): Iterable<string> {
  for (const [index, filter] of filters.entries()) {
    if (!/^[a-z][a-z0-9_]{0,62}$/.test(filter.name)) {
      yield `filter '${filter.name}' must be named by lower-case letters, digits and '_', starting with a letter.`
    }
    if (filters.findIndex(({ name }) => name === filter.name) < index) {
      yield `two filters are named '${filter.name}'.`
    }
    if (filter.kind !== 'days') continue
    if (filters.findIndex(({ kind }) => kind === 'days') < index) {
      yield `filter '${filter.name}' is a second one of kind 'days'; a tile has one dateField.`
    }
    if (readDays(filter.default, Date.now()) === undefined) {
      yield `filter '${filter.name}' has default '${filter.default}'; write 'last:30d' or '2026-01-01..2026-01-31'.`
    }
  }
}

function* tileProblems(tile: Tile, choices: readonly string[]): Iterable<string> {
  const named = `tile '${tile.title}'`
  if (tile.title.trim() === '') yield 'a tile has no title.'
  if (tile.query.trim() === '') yield `${named} has no query.`
  for (const filter of Object.keys(tile.filterFields ?? {})) {
    if (!choices.includes(filter)) {
      yield `${named} names the filter '${filter}', which is not among the choice filters ${choices.join(', ') || '(there are none)'}.`
    }
  }
  const { width = 6 } = tile
  if (!Number.isInteger(width) || width < 1 || width > 12) {
    yield `${named} has width ${width}; it must be a whole number from 1 to 12.`
  }
  for (const column of chartColumns(tile.chart)) {
    if (column.trim() === '') yield `${named} has a chart with an empty column name.`
  }
  if ('y' in tile.chart && tile.chart.y.length === 0) yield `${named} has a chart without y.`
}
