import { NacreError, toNacreError } from '../base/index.ts'
import { openSandbox } from '../engines/index.ts'
import {
  buildFields,
  columnSpecs,
  idsAfter,
  type ScanPlan,
  type Schema,
  type TableDefinition,
} from '../tables/index.ts'
import { chartColumns } from './chart-columns.ts'
import type { DashboardDefinition, DashboardFilter } from './dashboard-definition.ts'
import type { FilterChoice } from './filter-values.ts'
import type { ModelProblem } from './malloy/compile-protocol.ts'
import { openModels } from './open-models.ts'
import { sandboxHost, type ReadableCatalog } from './sandbox-host.ts'
import { tileQuery, valuesQuery } from './tile-query.ts'

/** The models and dashboards of an app, with the tables it declares by full name. */
export interface ModelsToCheck {
  /** Text of the Malloy files by file name. */
  readonly models: Readonly<Record<string, string>>
  readonly dashboards: readonly DashboardDefinition[]
  readonly tables: Readonly<Record<string, TableDefinition>>
}

/**
 * Everything wrong with an app's models and dashboards, found without a server: each model compiles over the declared tables,
 * each tile's query with all its filters binds in DuckDB and gives the columns its chart draws. One plain sentence each.
 */
export async function checkModels(app: ModelsToCheck): Promise<readonly string[]> {
  if (Object.keys(app.models).length === 0) return []
  await using sandbox = await openSandbox({ threads: 1 })
  const host = sandboxHost({ catalog: declaredTables(app.tables), sandbox, timeoutMs: 60_000 })
  await using models = openModels({}, { host })
  const signal = AbortSignal.timeout(300_000)
  const problems = new Set<string>()
  for (const model of Object.keys(app.models)) {
    const compiled = await models.compileModel({ files: app.models, model }, signal)
    for (const problem of compiled.problems) {
      if (problem.severity === 'error') problems.add(problemText(problem))
    }
  }
  if (problems.size > 0) return [...problems]
  for (const { name, model, tiles, filters } of app.dashboards) {
    const columnsOf = async (what: string, query: string): Promise<readonly string[] | undefined> => {
      try {
        const request = { files: app.models, model, query, restricted: false }
        const { sql, tables, columns } = (await models.compileQuery(request, signal)).compiled
        await host.runSql({ sql, tables, rowLimit: 1, signal })
        return columns.map((column) => column.name)
      } catch (error) {
        problems.add(`dashboard '${name}', ${what}: ${toNacreError(error).message}`)
        return undefined
      }
    }
    for (const tile of tiles) {
      const columns = await columnsOf(`tile '${tile.title}'`, tileQuery(tile, everyFilter(filters)))
      for (const column of columns === undefined ? [] : chartColumns(tile.chart)) {
        if (columns?.includes(column)) continue
        problems.add(
          `dashboard '${name}', tile '${tile.title}': its chart draws '${column}', but its query gives ${columns?.join(', ')}.`,
        )
      }
    }
    for (const filter of filters) {
      if (filter.kind === 'choice') {
        await columnsOf(`filter '${filter.name}'`, valuesQuery(filter.source, filter.field, 1))
      }
    }
  }
  return [...problems]
}

/** Filter values with which every tile is restricted by all it has a field for; `0` is a value of most types. */
function everyFilter(filters: readonly DashboardFilter[]): FilterChoice {
  return {
    days: { from: '2026-01-01', until: '2026-01-02' },
    choices: Object.fromEntries(filters.map(({ name }) => [name, '0'])),
  }
}

/** Declared tables as a catalog in which all of them are empty. */
function declaredTables(tables: Readonly<Record<string, TableDefinition>>): ReadableCatalog {
  const schemaOf = (name: string): Schema => {
    const definition = tables[name]
    if (definition !== undefined) return tableSchema(definition)
    const known = Object.keys(tables).sort().join(', ') || 'none'
    throw new NacreError('NACRE_NOT_FOUND', `There is no table '${name}'; the app declares ${known}.`)
  }
  return {
    table: async (name) => ({ schema: schemaOf(name), current: null, changed: null }),
    async planScan(table): Promise<ScanPlan> {
      return { table, tableUuid: '', snapshotId: null, schema: schemaOf(table), fileSchemas: [], files: [] }
    },
  }
}

/** The schema a declared table has when it is new. */
function tableSchema({ spec }: TableDefinition): Schema {
  return { type: 'struct', 'schema-id': 0, fields: buildFields(columnSpecs(spec), idsAfter(0)) }
}

function problemText({ file, line, column, message, text }: ModelProblem): string {
  return `${file ?? 'model'}:${line}:${column}: ${message}${text.trim() === '' ? '' : ` (${text.trim()})`}`
}
