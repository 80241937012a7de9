import { NacreError, sha256 } from '../base/index.ts'
import type { Database } from './database.ts'

/** One step of the state's schema. Once released it never changes; add another. */
export interface Migration {
  /** `area-0001-what`, unique; applied in the order given to {@link migrate}. */
  readonly name: string
  /** Statements separated by `;` at line ends. */
  readonly sql: string
}

/** Brings the state's schema up to date; safe to call from several processes at once. Throws NACRE_CORRUPT when an applied step was edited. */
export async function migrate(database: Database, migrations: readonly Migration[]): Promise<void> {
  await database.transaction(async (transaction) => {
    if (database.kind === 'postgres') await transaction.query('select pg_advisory_xact_lock(7205759)')
    await transaction.query(
      'create table if not exists nacre_migration (name text primary key, sql_sha256 text not null, applied_at timestamptz not null default now())',
    )
    const rows = await transaction.query<{ name: string; sql_sha256: string }>(
      'select name, sql_sha256 from nacre_migration',
    )
    const applied = new Map(rows.map((row) => [row.name, row.sql_sha256]))
    for (const { name, sql } of migrations) {
      const hash = sha256(sql)
      const known = applied.get(name)
      if (known === hash) continue
      if (known !== undefined) {
        throw new NacreError(
          'NACRE_CORRUPT',
          `Migration '${name}' was applied with other text than this version of Nacre holds. Run the version that made this state, or start with an empty one.`,
        )
      }
      for (const statement of sql.split(/;\s*\n/)) {
        if (statement.trim() !== '') await transaction.query(statement)
      }
      await transaction.query('insert into nacre_migration (name, sql_sha256) values ($1, $2)', [name, hash])
    }
  })
}
