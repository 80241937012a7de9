import { DuckDBDialect, mkFieldDef, type SQLSourceDef, type TableSourceDef } from '@malloydata/malloy'
import { BaseConnection } from '@malloydata/malloy/connection'
import type { DescribeRequest, Description } from './compile-protocol.ts'

const dialect = new DuckDBDialect()

/** The connection `duckdb` of models: it answers schemas by asking the host, and runs nothing. */
export class ModelConnection extends BaseConnection {
  readonly name = 'duckdb'
  readonly dialectName = 'duckdb'
  readonly #describe: (request: DescribeRequest) => Promise<Description>
  /** Paths as they stand in the SQL. */
  readonly #tablePaths = new Set<string>()
  /** Tables of each `duckdb.sql(…)` block, by its text without white space. */
  readonly #tablesOfSql = new Map<string, readonly string[]>()

  constructor(describe: (request: DescribeRequest) => Promise<Description>) {
    super()
    this.#describe = describe
  }

  /** Tables that a compiled statement reads: paths and blocks stand in it as they were written, but for indentation. */
  tablesOf(sql: string): readonly string[] {
    const named = [...this.#tablePaths].filter((path) =>
      new RegExp(`(?<![\\w.])${RegExp.escape(path)}(?![\\w.])`).test(sql),
    )
    const squeezed = squeeze(sql)
    const inBlocks = [...this.#tablesOfSql].flatMap(([block, tables]) =>
      squeezed.includes(block) ? tables : [],
    )
    return [...new Set([...named, ...inBlocks])].sort()
  }

  override async fetchTableSchema(name: string, tablePath: string): Promise<TableSourceDef | string> {
    const described = await this.#describe({ kind: 'table', table: tablePath })
    if ('error' in described) return described.error
    this.#tablePaths.add(tablePath)
    return { type: 'table', name, tablePath, ...sourceOf(described.columns) }
  }

  override async fetchSelectSchema(source: { readonly selectStr: string }): Promise<SQLSourceDef | string> {
    const described = await this.#describe({ kind: 'sql', sql: source.selectStr })
    if ('error' in described) return described.error
    this.#tablesOfSql.set(squeeze(source.selectStr), described.tables)
    return {
      type: 'sql_select',
      name: source.selectStr,
      selectStr: source.selectStr,
      ...sourceOf(described.columns),
    }
  }

  override getDigest(): string {
    return 'nacre'
  }

  override runSQL(): never {
    throw new Error('Models are compiled here, not run.')
  }
}

function squeeze(sql: string): string {
  return sql.replaceAll(/\s+/g, '')
}

function sourceOf(columns: readonly { readonly name: string; readonly type: string }[]): {
  connection: string
  dialect: string
  fields: TableSourceDef['fields']
} {
  return {
    connection: 'duckdb',
    dialect: 'duckdb',
    fields: columns.map(({ name, type }) => mkFieldDef(dialect.parseDuckDBType(type), name)),
  }
}
