import type { FastifyRequest } from 'fastify'
import { NacreError } from '../base/index.ts'
import { requireRole, type Platform } from '../platform/index.ts'
import { authorize } from './authenticate.ts'

/** Throws NACRE_NOT_ALLOWED unless the sender of a request may change a table and what is made of it: as an editor of its team, or of all. */
export async function authorizeTableEditor(
  request: FastifyRequest,
  {
    tokens,
    tables,
  }: { readonly tokens: Platform['tokens']; readonly tables: Pick<Platform['tables'], 'teamOf'> },
  table: string,
): Promise<void> {
  const principal = await authorize(request, tokens, 'editor')
  const team = await tables.teamOf(table)
  if (team !== null) return requireRole(principal, 'editor', team)
  if (principal.team === null) return
  throw new NacreError(
    'NACRE_NOT_ALLOWED',
    `Table '${table}' belongs to no team; token '${principal.name}' of team '${principal.team}' may not change it. Ask an admin to set its property nacre.team.`,
  )
}
