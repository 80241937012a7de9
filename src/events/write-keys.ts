import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { isUniqueViolation, type Queryable } from '../database/index.ts'
import { NacreError, sha256 } from '../base/index.ts'

/** A write key as people see it; the secret is stored only as its hash. */
export interface WriteKeyInfo {
  /** Also stands in the `write_key` column of every event sent with it. */
  readonly name: string
  readonly team: string | null
  readonly createdAt: Date
  readonly revokedAt: Date | null
}

/** Makes a key, `wk_<name>_<random>_<checksum>`, and answers its text, which is shown this once. Throws NACRE_INPUT or NACRE_CONFLICT. */
export async function createWriteKey(
  database: Queryable,
  key: { name: string; team?: string | null },
): Promise<string> {
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(key.name)) {
    throw new NacreError(
      'NACRE_INPUT',
      `Write key name '${key.name}' is not usable; use up to 40 lower-case letters, digits and '-', beginning with a letter.`,
    )
  }
  const stem = `wk_${key.name}_${randomBytes(16).toString('hex')}`
  const text = `${stem}_${checksum(stem)}`
  try {
    await database.query('insert into write_key (name, team, key_sha256) values ($1, $2, $3)', [
      key.name,
      key.team ?? null,
      sha256(text),
    ])
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw new NacreError(
      'NACRE_CONFLICT',
      `A write key '${key.name}' exists already, or did once; choose another name.`,
    )
  }
  return text
}

/** All keys, also revoked ones, by name. */
export async function listWriteKeys(database: Queryable): Promise<readonly WriteKeyInfo[]> {
  const rows = await database.query<WriteKeyRow>('select * from write_key order by name')
  return rows.map(({ name, team, created_at, revoked_at }) => ({
    name,
    team,
    createdAt: created_at,
    revokedAt: revoked_at,
  }))
}

/** Revokes a key; what is sent with it afterwards is kept as rejected events. Throws NACRE_NOT_FOUND. */
export async function revokeWriteKey(database: Queryable, name: string): Promise<void> {
  const rows = await database.query(
    'update write_key set revoked_at = coalesce(revoked_at, now()) where name = $1 returning name',
    [name],
  )
  if (rows.length === 0) throw new NacreError('NACRE_NOT_FOUND', `There is no write key '${name}'.`)
}

/** Whether a text has the form of a write key and its checksum holds, so that a mistyped key is told from an unknown one. */
export function isWellFormedKey(text: string): boolean {
  const match = /^(wk_[a-z][a-z0-9-]{0,39}_[0-9a-f]{32})_([0-9a-f]{8})$/.exec(text)
  return match !== null && checksum(match[1]!) === match[2]
}

/** Finds valid keys without asking the database on every request. */
export interface KeyRing {
  /** The name of a valid key, or undefined when it is unknown or revoked. */
  find(text: string): Promise<string | undefined>
}

/** A key ring over the database: keys are read again every `refreshMs` (default 10 s), and at most once a second for an unknown key. */
export function createKeyRing(
  database: Queryable,
  options: { refreshMs?: number } = {},
  effects: { now?: () => number } = {},
): KeyRing {
  const now = effects.now ?? Date.now
  let names = new Map<string, string>()
  let readAt = -Infinity
  let reading: Promise<void> | undefined
  const refresh = async (): Promise<void> => {
    const rows = await database.query<WriteKeyRow>('select * from write_key where revoked_at is null')
    names = new Map(rows.map(({ key_sha256, name }) => [key_sha256, name]))
    readAt = now()
  }
  const refreshIfOlderThan = async (ageMs: number): Promise<void> => {
    if (now() - readAt < ageMs) return
    reading ??= refresh().finally(() => (reading = undefined))
    await reading
  }
  return {
    async find(text) {
      const hash = sha256(text)
      const known = names.get(hash)
      // A key that was valid a moment ago stays so while the database does not answer.
      await refreshIfOlderThan(known === undefined ? 1000 : (options.refreshMs ?? 10_000)).catch(
        (error: unknown) => {
          if (known === undefined) throw error
        },
      )
      return names.get(hash)
    },
  }
}

interface WriteKeyRow {
  readonly name: string
  readonly team: string | null
  readonly key_sha256: string
  readonly created_at: Date
  readonly revoked_at: Date | null
}

function checksum(stem: string): string {
  return crc32(stem).toString(16).padStart(8, '0')
}
