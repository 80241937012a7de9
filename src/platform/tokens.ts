import { NacreError, randomSecret, sha256, systemClock, uuidv7, type Clock } from '../base/index.ts'
import type { Database, Migration } from '../database/index.ts'

/** What a token allows: viewers read, editors also run and deploy what is their team's, admins do everything. */
export type Role = 'admin' | 'editor' | 'viewer'

/** Who a request comes from. */
export interface Principal {
  readonly name: string
  readonly role: Role
  /** Null: every team. */
  readonly team: string | null
}

/** A token as it is listed; its secret is shown once, when made. */
export interface TokenInfo extends Principal {
  readonly id: string
  readonly createdAt: string
  readonly lastUsedAt: string | null
}

export const tokenMigrations: readonly Migration[] = [
  {
    name: 'platform-0001-tokens',
    sql: `
create table token (
  id uuid primary key,
  name text not null unique,
  secret_sha256 text not null unique,
  role text not null,
  team text,
  created_at timestamptz not null,
  last_used_at timestamptz
);
create table sign_in_code (
  code_sha256 text primary key,
  token_id uuid not null references token (id) on delete cascade,
  expires_at timestamptz not null
);
create table session (
  secret_sha256 text primary key,
  token_id uuid not null references token (id) on delete cascade,
  expires_at timestamptz not null
);
`,
  },
]

const sessionMs = 30 * 86_400_000
const codeMs = 86_400_000

interface TokenRow {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly team: string | null
  readonly created_at: Date
  readonly last_used_at: Date | null
}

/** Tokens, sign-in codes and browser sessions. Only hashes are stored. */
export class Tokens {
  readonly #database: Database
  readonly #clock: Clock
  /** Principals by secret's hash, for a few seconds: one page asks many times. */
  readonly #known = new Map<string, { principal: Principal; until: number }>()

  constructor(database: Database, clock: Clock = systemClock) {
    this.#database = database
    this.#clock = clock
  }

  /** Makes a token; its secret is only ever seen here. Throws NACRE_CONFLICT when the name is taken. */
  async create({ name, role, team }: Principal): Promise<{ id: string; secret: string }> {
    const id = uuidv7()
    const secret = `nacre_${randomSecret()}`
    const rows = await this.#database.query(
      'insert into token (id, name, secret_sha256, role, team, created_at) values ($1, $2, $3, $4, $5, $6) on conflict (name) do nothing returning id',
      [id, name, sha256(secret), role, team, new Date(this.#clock.now())],
    )
    if (rows.length === 0)
      throw new NacreError(
        'NACRE_CONFLICT',
        `A token named '${name}' exists already. Revoke it first, or choose another name.`,
      )
    return { id, secret }
  }

  async list(): Promise<readonly TokenInfo[]> {
    const rows = await this.#database.query<TokenRow>(
      'select id, name, role, team, created_at, last_used_at from token order by created_at',
    )
    return rows.map(({ id, name, role, team, created_at, last_used_at }) => ({
      id,
      name,
      role,
      team,
      createdAt: created_at.toISOString(),
      lastUsedAt: last_used_at?.toISOString() ?? null,
    }))
  }

  /** Ends a token and every session made with it. Throws NACRE_NOT_FOUND. */
  async revoke(name: string): Promise<void> {
    const rows = await this.#database.query('delete from token where name = $1 returning id', [name])
    this.#known.clear()
    if (rows.length === 0) throw new NacreError('NACRE_NOT_FOUND', `There is no token named '${name}'.`)
  }

  /** Who a token's or session's secret belongs to; null when nobody. */
  async authenticate(secret: string): Promise<Principal | null> {
    const hash = sha256(secret)
    const now = this.#clock.now()
    const known = this.#known.get(hash)
    if (known !== undefined && known.until > now) return known.principal
    const at = new Date(now)
    const [row] = await this.#database.query<Pick<TokenRow, 'name' | 'role' | 'team'>>(
      `update token set last_used_at = $2
       where secret_sha256 = $1 or id = (select token_id from session where secret_sha256 = $1 and expires_at > $2)
       returning name, role, team`,
      [hash, at],
    )
    if (row === undefined) return null
    if (this.#known.size > 1000) this.#known.clear()
    this.#known.set(hash, { principal: row, until: now + 5000 })
    return row
  }

  /** A code that can be exchanged once, within a day, for a browser session of the named token. */
  async createSignInCode(tokenName: string): Promise<string> {
    const code = randomSecret()
    const now = this.#clock.now()
    const rows = await this.#database.query(
      'insert into sign_in_code (code_sha256, token_id, expires_at) select $1, id, $3 from token where name = $2 returning token_id',
      [sha256(code), tokenName, new Date(now + codeMs)],
    )
    if (rows.length === 0) throw new NacreError('NACRE_NOT_FOUND', `There is no token named '${tokenName}'.`)
    return code
  }

  /** Opens a browser session for a sign-in code (used up by this) or a token's secret. Throws NACRE_NOT_SIGNED_IN. */
  async openSession(
    given: { code: string } | { token: string },
  ): Promise<{ secret: string; expiresAt: Date }> {
    const secret = `session_${randomSecret()}`
    const now = new Date(this.#clock.now())
    const expiresAt = new Date(now.getTime() + sessionMs)
    return this.#database.transaction(async (transaction) => {
      const [owner] =
        'code' in given
          ? await transaction.query<{ token_id: string }>(
              'delete from sign_in_code where code_sha256 = $1 and expires_at > $2 returning token_id',
              [sha256(given.code), now],
            )
          : await transaction.query<{ token_id: string }>(
              'select id as token_id from token where secret_sha256 = $1',
              [sha256(given.token)],
            )
      if (owner === undefined) {
        throw new NacreError(
          'NACRE_NOT_SIGNED_IN',
          'code' in given
            ? "This sign-in link was used already or is too old. Print a new one with 'nacre sign-in'."
            : "This token is not known here. Look in '.nacre/admin-token', or ask an admin for one.",
        )
      }
      await transaction.query(
        'insert into session (secret_sha256, token_id, expires_at) values ($1, $2, $3)',
        [sha256(secret), owner.token_id, expiresAt],
      )
      await transaction.query('delete from session where expires_at < $1', [now])
      return { secret, expiresAt }
    })
  }

  async closeSession(secret: string): Promise<void> {
    this.#known.delete(sha256(secret))
    await this.#database.query('delete from session where secret_sha256 = $1', [sha256(secret)])
  }
}

/** Throws NACRE_NOT_ALLOWED unless the principal may do what needs `role`, for what belongs to `team`. */
export function requireRole(principal: Principal, role: Role, team?: string): void {
  const ranks: Readonly<Record<Role, number>> = { viewer: 0, editor: 1, admin: 2 }
  if (ranks[principal.role] < ranks[role]) {
    throw new NacreError(
      'NACRE_NOT_ALLOWED',
      `Token '${principal.name}' is ${principal.role}; this needs ${role}. Ask an admin for a token with that role.`,
    )
  }
  if (team !== undefined && principal.team !== null && principal.team !== team) {
    throw new NacreError(
      'NACRE_NOT_ALLOWED',
      `Token '${principal.name}' belongs to team '${principal.team}'; this belongs to team '${team}'.`,
    )
  }
}
