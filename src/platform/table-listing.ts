import { parseDurationMs } from '../base/index.ts'
import type { BrokenTable, TableInfo } from '../tables/index.ts'
import type { TableAudience } from './table-audience.ts'

/** A table with what people look for in a list. */
export interface TableListing extends TableInfo {
  readonly doc: string | null
  readonly team: string | null
  readonly owner: string | null
  /** Names of its columns that hold personal data. */
  readonly personal: readonly string[]
  /** Names of the columns that identify a row. */
  readonly key: readonly string[]
  /** When its newest commit is too old for what was promised; null without a promise or a commit. */
  readonly freshUntil: string | null
  /** `outside`: no app declares it; an engine made it through the REST catalog. */
  readonly origin: 'app' | 'events' | 'outside'
  readonly isFeed: boolean
}

/** Every table there is; one that is broken hides no other. */
export interface TableList {
  readonly tables: readonly TableListing[]
  readonly broken: readonly BrokenTable[]
}

/** Reads what table properties tell. */
export function describeListing(table: TableInfo, audience: TableAudience): TableListing {
  const { properties } = table
  return {
    ...table,
    doc: properties['comment'] ?? null,
    team: properties['nacre.team'] ?? audience.team,
    owner: properties['nacre.owner'] ?? null,
    personal: columnsIn(properties['nacre.personal']),
    key: columnsIn(properties['nacre.key']),
    freshUntil: freshUntilOf(table),
    origin: audience.isEvents ? 'events' : audience.apps.length > 0 ? 'app' : 'outside',
    isFeed: audience.isFeed,
  }
}

function freshUntilOf({ properties, changed }: TableInfo): string | null {
  const promised = properties['nacre.fresh-within']
  if (promised === undefined || changed === null) return null
  try {
    return new Date(Date.parse(changed.committedAt) + parseDurationMs(promised)).toISOString()
  } catch {
    // Another engine may have set the property to anything: no promise then.
    return null
  }
}

/** Table properties that name columns hold them as JSON; other engines may write there what they like. */
function columnsIn(property: string | undefined): readonly string[] {
  try {
    const names: unknown = JSON.parse(property ?? '[]')
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : []
  } catch {
    return []
  }
}
