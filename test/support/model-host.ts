import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { NacreError } from '../../src/base/index.ts'
import type { ModelHost, SqlRequest, SqlRows } from '../../src/models/index.ts'
import type { Field, PrimitiveType } from '../../src/tables/index.ts'

/** Tables of a test as DuckDB holds them in memory: columns by name, and a query that gives their rows. */
export type TestTables = Readonly<
  Record<string, { readonly columns: Readonly<Record<string, PrimitiveType>>; readonly rows?: string }>
>

/** A platform of one DuckDB: real schemas, real rows, and snapshots that a test makes by hand. */
export interface TestModelHost extends ModelHost, AsyncDisposable {
  readonly connection: DuckDBConnection
  /** Every statement that ran. */
  readonly runs: readonly SqlRequest[]
  /** Makes or replaces a table; that is a new snapshot. */
  put(name: string, table: TestTables[string]): Promise<void>
}

/** Ids of snapshots are never used twice, also not by another host. */
let snapshot = 0

export async function openModelHost(tables: TestTables): Promise<TestModelHost> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  const states = new Map<string, Awaited<ReturnType<ModelHost['describeTable']>>>()
  const runs: SqlRequest[] = []
  const host: TestModelHost = {
    connection,
    runs,
    async put(name, { columns, rows }) {
      const [schema] = name.split('.')
      const list = Object.entries(columns).map(([column, type]) => `"${column}" ${type}`)
      await connection.run(`CREATE SCHEMA IF NOT EXISTS ${schema}`)
      await connection.run(`CREATE OR REPLACE TABLE ${name} (${list.join(', ')})`)
      if (rows !== undefined) await connection.run(`INSERT INTO ${name} BY NAME ${rows}`)
      snapshot += 1
      const current = {
        snapshotId: String(snapshot),
        parentId: null,
        sequenceNumber: snapshot,
        committedAt: new Date(Date.UTC(2026, 0, 1) + snapshot * 1000).toISOString(),
        summary: {},
      }
      states.set(name, {
        schema: { type: 'struct', 'schema-id': 0, fields: fieldsOf(columns) },
        current,
        changed: current,
      })
    },
    describeTable(name) {
      const state = states.get(name)
      if (state !== undefined) return Promise.resolve(state)
      return Promise.reject(new NacreError('NACRE_NOT_FOUND', `There is no table '${name}'.`))
    },
    async describeSql(sql) {
      const described = await connection.runAndReadAll(`DESCRIBE ${sql}`)
      return {
        columns: described
          .getRowsJson()
          .map(([name, type]) => ({ name: name as string, type: type as string })),
        tables: connection.getTableNames(sql, true),
      }
    },
    async runSql(request): Promise<SqlRows> {
      runs.push(request)
      const result = await connection.runAndReadAll(request.sql)
      const rows = result.getRowsJson()
      return {
        columns: result.columnNames().map((name) => ({ name })),
        rows: rows.slice(0, request.rowLimit),
        truncated: rows.length > request.rowLimit,
        elapsedMs: 1,
        snapshots: Object.fromEntries(
          request.tables.map((name) => [name, states.get(name)?.current?.snapshotId ?? null]),
        ),
      }
    },
    [Symbol.asyncDispose]() {
      connection.closeSync()
      instance.closeSync()
      return Promise.resolve()
    },
  }
  for (const [name, table] of Object.entries(tables)) await host.put(name, table)
  return host
}

function fieldsOf(columns: Readonly<Record<string, PrimitiveType>>): Field[] {
  return Object.entries(columns).map(([name, type], index) => ({
    id: index + 1,
    name,
    type,
    required: false,
  }))
}
