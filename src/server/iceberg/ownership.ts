import { NacreError } from '../../base/index.ts'
import type { Principal } from '../../platform/index.ts'
import type { IcebergCatalog, Namespace } from '../../tables/index.ts'
import { namespaceOf } from './names.ts'

type Properties = Readonly<Record<string, string>>

const teamProperty = 'nacre.team'

/**
 * Whose something is: its own `nacre.team`, else that of the nearest namespace around it, else nobody's. Admins, and editors of
 * every team, change anything; an editor of one team only what is that team's.
 */
export async function isOwner(
  catalog: IcebergCatalog,
  principal: Principal,
  { namespace, properties = {} }: { namespace: Namespace; properties?: Properties },
): Promise<boolean> {
  if (principal.role === 'viewer') return false
  if (isOfEveryTeam(principal)) return true
  return principal.team === (properties[teamProperty] ?? (await teamAround(catalog, namespace)))
}

/** Throws NACRE_NOT_ALLOWED unless the namespace is the principal's to change. */
export async function requireNamespace(
  catalog: IcebergCatalog,
  principal: Principal,
  namespace: Namespace,
): Promise<void> {
  // Loaded first, so that what is missing is called missing.
  const properties = await catalog.loadNamespace(namespace)
  if (!(await isOwner(catalog, principal, { namespace, properties })))
    throw notAllowed(principal, namespace.join('.'))
}

/** Throws NACRE_NOT_ALLOWED unless the table or view is the principal's to change. */
export async function requireOwned(
  catalog: IcebergCatalog,
  principal: Principal,
  name: string,
  properties: Properties,
): Promise<void> {
  if (!(await isOwner(catalog, principal, { namespace: namespaceOf(name), properties })))
    throw notAllowed(principal, name)
}

/**
 * The properties of what a principal makes in a namespace: an editor's team is written into them. In a namespace of nobody
 * every editor may make things. Throws NACRE_NOT_ALLOWED in another team's namespace.
 */
export async function claim(
  catalog: IcebergCatalog,
  principal: Principal,
  namespace: Namespace,
  properties: Properties,
): Promise<Properties> {
  if (isOfEveryTeam(principal)) return properties
  const { team } = principal
  if (team === null || ![team, null].includes(await teamAround(catalog, namespace)))
    throw notAllowed(principal, namespace.join('.'))
  requireOwnTeam(principal, { updates: properties })
  return { ...properties, [teamProperty]: team }
}

/** Throws NACRE_NOT_ALLOWED for a change that would give something to another team. */
export function requireOwnTeam(
  principal: Principal,
  {
    updates = {},
    removals = [],
  }: { updates?: Properties | undefined; removals?: readonly string[] | undefined },
): void {
  if (isOfEveryTeam(principal)) return
  const team = updates[teamProperty] ?? principal.team
  if (team !== principal.team || removals.includes(teamProperty))
    throw new NacreError(
      'NACRE_NOT_ALLOWED',
      `Token '${principal.name}' belongs to team '${principal.team}' and cannot give away what is its team's: leave ${teamProperty} as it is.`,
    )
}

export function isOfEveryTeam({ role, team }: Principal): boolean {
  return role === 'admin' || (role === 'editor' && team === null)
}

async function teamAround(catalog: IcebergCatalog, namespace: Namespace): Promise<string | null> {
  for (let depth = namespace.length; depth > 0; depth--) {
    const team = (await propertiesOf(catalog, namespace.slice(0, depth)))[teamProperty]
    if (team !== undefined) return team
  }
  return null
}

async function propertiesOf(catalog: IcebergCatalog, namespace: Namespace): Promise<Properties> {
  try {
    return await catalog.loadNamespace(namespace)
  } catch (error) {
    // The operation itself says so, if it minds.
    if (error instanceof NacreError && error.code === 'NACRE_NOT_FOUND') return {}
    throw error
  }
}

function notAllowed(principal: Principal, name: string): NacreError {
  return new NacreError(
    'NACRE_NOT_ALLOWED',
    `Token '${principal.name}' belongs to team '${principal.team}'; '${name}' is not that team's. Ask an admin for a token that may change it.`,
  )
}
