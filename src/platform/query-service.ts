import type { QuerySandbox } from '../engines/index.ts'
import { quoteIdentifier } from '../sql/index.ts'
import type { Catalog, ScanPlan, SnapshotChoice } from '../tables/index.ts'

/** What a query gave, ready for JSON. */
export interface QueryAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Each row an array in the order of columns; 64-bit integers beyond 2^53 and decimals as text. */
  readonly rows: readonly (readonly unknown[])[]
  /** More rows exist than were asked for. */
  readonly truncated: boolean
  readonly elapsedMs: number
  /** Snapshot ids by table. */
  readonly snapshots: Readonly<Record<string, string | null>>
}

/** Runs people's queries over current snapshots, in the sandbox. */
export interface QueryService {
  /** @param tables Names to attach; default: those that the text mentions. */
  sql(
    text: string,
    options: { limit: number; signal?: AbortSignal; tables?: readonly string[] },
  ): Promise<QueryAnswer>
  /** Some rows of a table, as it is or as it was. */
  preview(table: string, limit: number, at?: SnapshotChoice): Promise<QueryAnswer>
}

export function createQueryService({
  sandbox,
  catalog,
  timeoutMs,
}: {
  sandbox: QuerySandbox
  catalog: Catalog
  timeoutMs: number
}): QueryService {
  const run = async (
    text: string,
    plans: readonly ScanPlan[],
    limit: number,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<QueryAnswer> => {
    const { columns, rows, truncated, elapsedMs } = await sandbox.run({
      plans,
      statement: text,
      rowLimit: limit,
      timeoutMs,
      signal,
    })
    return {
      columns,
      rows: rows.map((row) => row.map(toJson)),
      truncated,
      elapsedMs,
      snapshots: Object.fromEntries(plans.map((plan) => [plan.table, plan.snapshotId])),
    }
  }
  return {
    async sql(text, { limit, signal, tables }) {
      const names = tables ?? (await knownOf(await sandbox.tablesOf(text), catalog))
      return run(text, await Promise.all(names.map((name) => catalog.planScan(name))), limit, signal)
    },
    async preview(table, limit, at = {}) {
      const plan = await catalog.planScan(table, at)
      // Without an order, the newest files are the more telling ones, and a few are enough.
      const files = plan.files.slice(-20)
      // One row more than is shown tells whether there are more.
      const select = `select * from ${quoteIdentifier(table)} limit ${limit + 1}`
      const answer = await run(select, [{ ...plan, files }], limit)
      return { ...answer, truncated: answer.truncated || files.length < plan.files.length }
    },
  }
}

/** The tables there are among those a statement names; the sandbox complains of the others, as it also knows common table expressions. */
async function knownOf(named: readonly string[], catalog: Catalog): Promise<string[]> {
  const plain = new Set(named.map((name) => name.toLowerCase()))
  return (await catalog.tables()).map(({ name }) => name).filter((name) => plain.has(name.toLowerCase()))
}

/** 64-bit integers beyond 2^53 as text, bytes as hex. */
function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toJson(inner)]))
  return value
}
