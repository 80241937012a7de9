import type { FastifyRequest } from 'fastify'
import { NacreError } from '../base/index.ts'
import { requireRole, type Principal, type Role, type Tokens } from '../platform/index.ts'

/** The browser session's cookie. */
export const sessionCookie = 'nacre_session'

/** The secret a request carries: a bearer token or the session cookie. */
export function secretOf(request: FastifyRequest): string | null {
  const { authorization, cookie } = request.headers
  if (authorization !== undefined) return /^Bearer (\S+)$/i.exec(authorization)?.[1] ?? null
  const pair = (cookie ?? '').split(/; */).find((text) => text.startsWith(`${sessionCookie}=`))
  return pair?.slice(sessionCookie.length + 1) ?? null
}

/** Who sends a request. Throws NACRE_NOT_SIGNED_IN. */
export async function authenticate(request: FastifyRequest, tokens: Tokens): Promise<Principal> {
  const secret = secretOf(request)
  const principal = secret === null ? null : await tokens.authenticate(secret)
  if (principal !== null) return principal
  throw new NacreError(
    'NACRE_NOT_SIGNED_IN',
    secret === null
      ? "Sign in first: open the link that 'nacre sign-in' prints, or send 'Authorization: Bearer <token>'."
      : 'The token or session is not known here, or has ended. Sign in again.',
  )
}

/** Throws unless the sender of a request has a role, for what belongs to a team. */
export async function authorize(
  request: FastifyRequest,
  tokens: Tokens,
  role: Role,
  team?: string,
): Promise<Principal> {
  const principal = await authenticate(request, tokens)
  requireRole(principal, role, team)
  return principal
}
