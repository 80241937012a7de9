import { sha256, uuidv7 } from '../base/index.ts'
import type { Database, Migration } from '../database/index.ts'
import type { ErasedTable } from '../jobs/index.ts'

export const erasureMigrations: readonly Migration[] = [
  {
    name: 'platform-0004-erasures',
    sql: `
create table erasure (
  id uuid primary key,
  /* Whom to forget; null once that is done. */
  user_id text,
  user_sha256 text not null,
  asked_by text not null,
  asked_at timestamptz not null,
  finished_at timestamptz,
  tables text
);
`,
  },
]

/** That somebody is to be forgotten, or was. */
export interface Erasure {
  readonly id: string
  /** Hex; who it was is not kept. */
  readonly userSha256: string
  readonly askedBy: string
  readonly askedAt: string
  readonly finishedAt: string | null
  /** What was done; null before. */
  readonly tables: readonly ErasedTable[] | null
}

/** Enters a request; the same person's open request is taken as it is. */
export async function askErasure(
  database: Database,
  { user, by, at }: { user: string; by: string; at: Date },
): Promise<string> {
  const [open] = await database.query<{ id: string }>(
    'select id from erasure where user_id = $1 and finished_at is null',
    [user],
  )
  if (open !== undefined) return open.id
  const id = uuidv7()
  await database.query(
    'insert into erasure (id, user_id, user_sha256, asked_by, asked_at) values ($1, $2, $3, $4, $5)',
    [id, user, sha256(user), by, at],
  )
  return id
}

/** Requests that are not yet done, oldest first. */
export async function openErasures(database: Database): Promise<{ id: string; user: string }[]> {
  return database.query(
    'select id, user_id as "user" from erasure where finished_at is null order by asked_at, id',
  )
}

/** Ends a request: from now on only the hash tells whom it was about. */
export async function finishErasure(
  database: Database,
  { id, tables, at }: { id: string; tables: readonly ErasedTable[]; at: Date },
): Promise<void> {
  await database.query(
    'update erasure set user_id = null, tables = $2, finished_at = $3 where id = $1 and finished_at is null',
    [id, JSON.stringify(tables), at],
  )
}

/** Newest first. */
export async function listErasures(database: Database, limit = 100): Promise<readonly Erasure[]> {
  const rows = await database.query<{
    id: string
    user_sha256: string
    asked_by: string
    asked_at: Date
    finished_at: Date | null
    tables: string | null
  }>(
    'select id, user_sha256, asked_by, asked_at, finished_at, tables from erasure order by asked_at desc, id desc limit $1',
    [limit],
  )
  return rows.map((row) => ({
    id: row.id,
    userSha256: row.user_sha256,
    askedBy: row.asked_by,
    askedAt: row.asked_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    tables: row.tables === null ? null : (JSON.parse(row.tables) as ErasedTable[]),
  }))
}
