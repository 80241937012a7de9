import type { QuerySandbox } from '../engines/index.ts'
import type { ScanPlan, TableInfo } from '../tables/index.ts'
import type { ModelHost } from './model-host.ts'

/** What is read of a catalog. */
export interface ReadableCatalog {
  table(name: string): Promise<Pick<TableInfo, 'schema' | 'current' | 'changed'>>
  planScan(name: string): Promise<ScanPlan>
}

/** The host that reads the catalog's current snapshots in a sandbox. The caller closes the sandbox. */
export function sandboxHost({
  catalog,
  sandbox,
  timeoutMs,
}: {
  readonly catalog: ReadableCatalog
  readonly sandbox: QuerySandbox
  /** Of one query, waiting included. */
  readonly timeoutMs: number
}): ModelHost {
  const plan = (tables: readonly string[]): Promise<ScanPlan[]> =>
    Promise.all(tables.map((table) => catalog.planScan(table)))
  return {
    describeTable: (name) => catalog.table(name),
    async describeSql(statement) {
      const tables = await sandbox.tablesOf(statement)
      return { columns: await sandbox.describe({ plans: await plan(tables), statement, timeoutMs }), tables }
    },
    async runSql({ sql, tables, rowLimit, signal }) {
      const plans = await plan(tables)
      const result = await sandbox.run({ plans, statement: sql, rowLimit, signal, timeoutMs })
      return { ...result, snapshots: Object.fromEntries(plans.map((p) => [p.table, p.snapshotId])) }
    },
  }
}
