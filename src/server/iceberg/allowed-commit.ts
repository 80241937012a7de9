import { NacreError } from '../../base/index.ts'
import type { Principal } from '../../platform/index.ts'
import {
  parseRequirements,
  parseTableUpdates,
  type IcebergCatalog,
  type MetadataUpdate,
  type Schema,
  type TableUpdates,
} from '../../tables/index.ts'
import { namespaceOf } from './names.ts'
import { claim, isOfEveryTeam, requireOwned, requireOwnTeam } from './ownership.ts'

/** One table's part of a commit, as it was sent. */
export interface SentCommit {
  readonly name: string
  readonly requirements: readonly unknown[]
  readonly updates: readonly unknown[]
}

/**
 * A commit as the principal may do it: what it makes is its team's, what it changes too. Throws NACRE_NOT_ALLOWED, and NACRE_INPUT
 * for requirements and updates that the specification does not know.
 */
export async function allowedCommit(
  catalog: IcebergCatalog,
  principal: Principal,
  sent: SentCommit,
): Promise<TableUpdates> {
  const table = sent.name
  const requirements = parseRequirements(sent.requirements)
  const updates = parseTableUpdates(sent.updates).map(withoutOurWords)
  if (principal.role !== 'admin') updates.forEach(requireNoOffset)
  if (isOfEveryTeam(principal)) return { table, requirements, updates }
  for (const update of updates) {
    if (update.action === 'set-properties') requireOwnTeam(principal, { updates: update.updates })
    if (update.action === 'remove-properties') requireOwnTeam(principal, { removals: update.removals })
  }
  if (requirements.some(({ type }) => type === 'assert-create')) {
    const properties = await claim(catalog, principal, namespaceOf(table), {})
    const { location } = await catalog.stageTable({ name: table, schema: noColumns })
    requirePlace(updates, (place) => withoutUuid(place) === withoutUuid(location))
    return { table, requirements, updates: [...updates, { action: 'set-properties', updates: properties }] }
  }
  const { metadata } = await catalog.loadTable(table)
  await requireOwned(catalog, principal, table, metadata.properties)
  requirePlace(updates, (place) => place === metadata.location)
  // Of that name there may be another table by the time of the commit.
  const same = { type: 'assert-table-uuid', uuid: metadata['table-uuid'] } as const
  return { table, requirements: [...requirements, same], updates }
}

/** What a summary says of Nacre's jobs and erasures, readers rely on: it is said of our own commits alone. */
function withoutOurWords(update: MetadataUpdate): MetadataUpdate {
  if (update.action !== 'add-snapshot') return update
  const { snapshot } = update
  const words = Object.entries(snapshot.summary).filter(([key]) => !key.startsWith('nacre.'))
  return { ...update, snapshot: { ...snapshot, summary: Object.fromEntries(words) } }
}

/** Where a stream goes on is written with its rows; whoever changed it would have rows land twice, or never. */
function requireNoOffset(update: MetadataUpdate): void {
  const keys =
    update.action === 'set-properties'
      ? Object.keys(update.updates)
      : update.action === 'remove-properties'
        ? update.removals
        : []
  const key = keys.find((name) => name.startsWith('nacre.offsets.'))
  if (key !== undefined)
    throw new NacreError('NACRE_NOT_ALLOWED', `Only an admin changes ${key}, where a stream goes on.`)
}

const noColumns: Schema = { type: 'struct', 'schema-id': 0, fields: [] }

/** The catalog puts one at the end of a table's folder when another left files in the plain one. */
function withoutUuid(location: string): string {
  return location.replace(/-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, '')
}

/**
 * A place of its own choice could hold what another team left there: those files would be within reach of this table's keys, and
 * of a purge. So a table stays where it is, and a new one lies where the catalog puts tables of that name.
 */
function requirePlace(updates: readonly MetadataUpdate[], isAllowed: (location: string) => boolean): void {
  for (const update of updates)
    if (update.action === 'set-location' && !isAllowed(update.location))
      throw new NacreError(
        'NACRE_NOT_ALLOWED',
        `Only an admin chooses where a table lies, as ${update.location}.`,
      )
}
