import { DuckDBInstance } from '@duckdb/node-api'
import { quoteIdentifier, renderSql, type Sql } from '../../src/sql/index.ts'
import type { ColumnSpec, ColumnType, TableDefinition } from '../../src/tables/index.ts'

/** Plain DuckDB tables shaped like an app's: for running a job's SQL thousands of times. */
export interface SqlTables extends Disposable {
  /** Makes the table hold these rows only. */
  fill(table: TableDefinition, rows: readonly object[]): Promise<void>
  /** Puts the rows of a query in place of the table's rows of these days, or of all its rows. */
  overwrite(table: TableDefinition, days: readonly string[] | 'all', select: Sql): Promise<void>
  rows<Row>(select: Sql): Promise<Row[]>
}

export async function openSqlTables(tables: readonly TableDefinition[]): Promise<SqlTables> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run(`set TimeZone = 'UTC'`)
  const run = async (select: Sql): Promise<object[]> => {
    const { text, parameters } = renderSql(select, quoteIdentifier)
    const reader = await connection.runAndReadAll(text, [...parameters] as (string | number)[])
    return reader.getRowObjectsJson()
  }
  for (const table of tables) {
    const columns = columnsOf(table).map(([name, type]) => `${quoteIdentifier(name)} ${type}`)
    await connection.run(`create table ${quoteIdentifier(table.name)} (${columns.join(', ')})`)
  }
  return {
    async fill(table, rows) {
      const name = quoteIdentifier(table.name)
      const shape = JSON.stringify([Object.fromEntries(columnsOf(table))])
      await connection.run(`delete from ${name}`)
      await connection.run(
        `insert into ${name} by name select unnest(from_json($1, '${shape}'), max_depth := 2)`,
        [JSON.stringify(rows)],
      )
    },
    async overwrite(table, days, select) {
      const name = quoteIdentifier(table.name)
      const { text, parameters } = renderSql(select, quoteIdentifier)
      const touched =
        days === 'all' ? 'true' : `cast(day as date) in (${days.map((day) => `date '${day}'`).join(', ')})`
      await connection.run(`delete from ${name} where ${touched}`)
      await connection.run(`insert into ${name} by name ${text}`, [...parameters] as (string | number)[])
    },
    rows: async <Row>(select: Sql) => (await run(select)) as Row[],
    [Symbol.dispose]() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'VARCHAR',
  long: 'BIGINT',
  int: 'INTEGER',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamptz: 'TIMESTAMPTZ',
}

function columnsOf(table: TableDefinition): [name: string, type: string][] {
  return Object.entries(table.spec.columns).map(([name, column]) => [name, typeName(column)])
}

function typeName(column: ColumnType | ColumnSpec): string {
  if (typeof column === 'string') return typeNames[column]!
  if ('type' in column) return typeName(column.type)
  if ('list' in column) return `${typeName(column.list)}[]`
  throw new Error(`no DuckDB type for ${JSON.stringify(column)}`)
}
