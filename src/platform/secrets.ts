import { randomSecret } from '../base/index.ts'
import type { Database, Migration } from '../database/index.ts'

export const secretMigrations: readonly Migration[] = [
  {
    name: 'platform-0003-secrets',
    sql: 'create table secret (name text primary key, value text not null)',
  },
]

/** A random secret of the installation, made when it is first asked for; every server on the state has the same. */
export async function ensureSecret(database: Database, name: string): Promise<string> {
  await database.query('insert into secret (name, value) values ($1, $2) on conflict (name) do nothing', [
    name,
    randomSecret(),
  ])
  const [row] = await database.query<{ value: string }>('select value from secret where name = $1', [name])
  return row!.value
}
