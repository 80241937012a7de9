import { NacreError, sha256, systemClock, type Clock } from '../base/index.ts'
import { cellValue } from './cell-value.ts'
import type { DashboardDefinition } from './dashboard-definition.ts'
import { previousDays, readFilterValues, type FilterChoice } from './filter-values.ts'
import type { ResultColumn } from './malloy/compile-protocol.ts'
import type { CurrentQuery, ModelCompiler } from './model-compiler.ts'
import type { ModelHost } from './model-host.ts'
import { ResultCache } from './result-cache.ts'
import { SharedFlights } from './shared-flights.ts'
import { tileQuery, valuesQuery } from './tile-query.ts'

/** A dashboard with the model files of its app. */
export interface DashboardSource {
  readonly dashboard: DashboardDefinition
  /** Text by file name. */
  readonly files: Readonly<Record<string, string>>
}

export interface TileRequest {
  /** Its place on the dashboard, from 0. */
  readonly tile: number
  /** By filter name, as in the page's address. */
  readonly filters: Readonly<Record<string, string>>
}

/** One tile's rows, ready to be drawn. */
export interface TileResult {
  readonly columns: readonly ResultColumn[]
  readonly rows: readonly (readonly unknown[])[]
  /** There are more rows than were kept. */
  readonly truncated: boolean
  /** For `compare: 'previous-period'`: the same query over the days before. */
  readonly previousRows: readonly (readonly unknown[])[] | null
  /** What the query took when it ran. */
  readonly elapsedMs: number
  /** No query ran for this answer. */
  readonly cached: boolean
  readonly sql: string
  /** Snapshot ids by table. */
  readonly snapshots: Readonly<Record<string, string | null>>
  /** When the newest of the snapshots was committed. */
  readonly freshAt: string | null
}

export interface DashboardRunnerOptions {
  /** Results kept in memory, as JSON. Default 64 MiB. */
  readonly cacheBytes?: number
}

type Rows = Pick<TileResult, 'columns' | 'rows' | 'truncated' | 'elapsedMs' | 'snapshots'>
type Answer = Omit<TileResult, 'previousRows'>

const rowLimit = 5000
const suggestionLimit = 200

/**
 * Answers the tiles of dashboards. A result is kept under its SQL and the snapshots it was read from, so a commit to one of its
 * tables makes it unreachable; the same question asked twice at once runs once.
 */
export class DashboardRunner {
  readonly #compiler: ModelCompiler
  readonly #host: Pick<ModelHost, 'runSql'>
  readonly #clock: Pick<Clock, 'now'>
  readonly #cache: ResultCache<Rows>
  readonly #flights = new SharedFlights<Rows>()

  constructor(
    compiler: ModelCompiler,
    options: DashboardRunnerOptions,
    effects: { host: Pick<ModelHost, 'runSql'>; clock?: Pick<Clock, 'now'> },
  ) {
    this.#compiler = compiler
    this.#host = effects.host
    this.#clock = effects.clock ?? systemClock
    this.#cache = new ResultCache(options.cacheBytes ?? 64 * 1024 ** 2)
  }

  async runTile(
    { dashboard, files }: DashboardSource,
    request: TileRequest,
    signal: AbortSignal,
  ): Promise<TileResult> {
    const tile = dashboard.tiles[request.tile]
    if (tile === undefined) {
      const message = `Dashboard '${dashboard.name}' has no tile ${request.tile}; its tiles are 0 to ${dashboard.tiles.length - 1}.`
      throw new NacreError('NACRE_NOT_FOUND', message)
    }
    const choice = readFilterValues(dashboard.filters, request.filters, this.#clock.now())
    const run = (filters: FilterChoice): Promise<Answer> =>
      this.#run({ files, model: dashboard.model, query: tileQuery(tile, filters) }, signal)
    const compares =
      tile.chart.kind === 'number' &&
      tile.chart.compare === 'previous-period' &&
      tile.dateField !== undefined &&
      choice.days !== undefined
    const [current, previous] = await Promise.all([
      run(choice),
      compares ? run({ ...choice, days: previousDays(choice.days) }) : undefined,
    ])
    return {
      ...current,
      cached: current.cached && previous?.cached !== false,
      previousRows: previous?.rows ?? null,
    }
  }

  async suggest(
    { dashboard, files }: DashboardSource,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, readonly string[]>>> {
    const suggestions = dashboard.filters
      .filter((filter) => filter.kind === 'choice')
      .map(async ({ name, source, field }) => {
        const query = valuesQuery(source, field, suggestionLimit)
        const { rows } = await this.#run({ files, model: dashboard.model, query }, signal)
        return [name, rows.map(([value]) => String(value))] as const
      })
    return Object.fromEntries(await Promise.all(suggestions))
  }

  async #run(
    text: {
      readonly files: Readonly<Record<string, string>>
      readonly model: string
      readonly query: string
    },
    signal: AbortSignal,
  ): Promise<Answer> {
    const query = await this.#compiler.compileQuery({ ...text, restricted: false }, signal)
    const { sql } = query.compiled
    const key = this.#key(query, snapshotsOf(query))
    const kept = this.#cache.get(key)
    const rows = kept ?? (await this.#flights.join(key, signal, (shared) => this.#runSql(query, shared)))
    return { ...rows, cached: kept !== undefined, sql, freshAt: freshAtOf(query) }
  }

  async #runSql(query: CurrentQuery, signal: AbortSignal): Promise<Rows> {
    const { sql, tables, columns } = query.compiled
    const result = await this.#host.runSql({ sql, tables, rowLimit, signal })
    const typed = result.columns.map(
      ({ name }): ResultColumn => columns.find((column) => column.name === name) ?? { name, type: 'other' },
    )
    const rows = {
      columns: typed,
      rows: result.rows.map((row) => row.map((value, index) => cellValue(value, typed[index]!.type))),
      truncated: result.truncated,
      elapsedMs: result.elapsedMs,
      snapshots: result.snapshots,
    }
    // A commit may have come since the key was made: what was read is what it is kept under.
    this.#cache.set(this.#key(query, result.snapshots), rows)
    return rows
  }

  #key(
    { compiled: { sql, tables } }: CurrentQuery,
    snapshots: Readonly<Record<string, string | null>>,
  ): string {
    const minute = readsClock(sql) ? Math.floor(this.#clock.now() / 60_000) : null
    return sha256(JSON.stringify([sql, tables.map((name) => [name, snapshots[name] ?? null]), minute]))
  }
}

/** Whether a statement's answer changes with time alone; such answers are kept for a minute at most. */
function readsClock(sql: string): boolean {
  return /\b(localtimestamp|localtime|current_(date|time|timestamp)|(now|today|get_current_\w+)\s*\()/i.test(
    sql,
  )
}

function snapshotsOf({ compiled, tables }: CurrentQuery): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    compiled.tables.map((name) => [name, tables.get(name)?.current?.snapshotId ?? null]),
  )
}

function freshAtOf({ compiled, tables }: CurrentQuery): string | null {
  const times = compiled.tables.flatMap((name) => tables.get(name)?.changed?.committedAt ?? [])
  return times.sort().at(-1) ?? null
}
