import { NacreError } from '../../base/index.ts'
import type { LoadedTable } from '../commit/commit-tables.ts'
import type { Schema } from '../schema/schema.ts'
import { currentSchema, currentSnapshot, schemaById, type LongId, type Snapshot } from './table-metadata.ts'

/** Which state of a table is meant; by default its current one. At most one of them. */
export interface SnapshotChoice {
  readonly snapshotId?: string | undefined
  /** A branch or a tag. */
  readonly ref?: string | undefined
  /** The state at a moment, ISO 8601. */
  readonly asOf?: string | undefined
}

/** A state of a table, with the schema its rows are read as: of then for a past one, the newest for the head of a branch. */
export interface ChosenSnapshot {
  readonly snapshot: Snapshot | null
  readonly schema: Schema
}

/** Finds the state that is meant. Throws NACRE_NOT_FOUND when the table does not have it, or no longer. */
export function chooseSnapshot(table: LoadedTable, choice: SnapshotChoice = {}): ChosenSnapshot {
  const { metadata } = table
  const given = [choice.snapshotId, choice.ref, choice.asOf].filter((value) => value !== undefined)
  if (given.length > 1)
    throw new NacreError(
      'NACRE_INPUT',
      `Table '${table.name}' is asked for at ${given.join(' and ')}; give a snapshot, a ref or a time.`,
    )
  if (choice.snapshotId !== undefined) return past(table, snapshotById(table, choice.snapshotId))
  if (choice.asOf !== undefined) return past(table, snapshotAt(table, choice.asOf))
  if (choice.ref === undefined || choice.ref === 'main')
    return { snapshot: currentSnapshot(metadata), schema: currentSchema(metadata) }
  const ref = metadata.refs[choice.ref]
  if (ref === undefined)
    throw notFound(
      table,
      `no branch or tag '${choice.ref}'; it has ${Object.keys(metadata.refs).join(', ') || 'none yet'}`,
    )
  const snapshot = snapshotById(table, ref['snapshot-id'])
  return ref.type === 'tag' ? past(table, snapshot) : { snapshot, schema: currentSchema(metadata) }
}

/** The snapshot of an id. Throws NACRE_NOT_FOUND. */
export function snapshotById(table: LoadedTable, id: LongId | string): Snapshot {
  const { snapshots } = table.metadata
  const snapshot = snapshots.find((candidate) => String(candidate['snapshot-id']) === String(id))
  if (snapshot) return snapshot
  throw notFound(table, `no snapshot ${id}; it never had it or it has expired`)
}

function past(table: LoadedTable, snapshot: Snapshot): ChosenSnapshot {
  const id = snapshot['schema-id']
  return {
    snapshot,
    schema: id === undefined ? currentSchema(table.metadata) : schemaById(table.metadata, id),
  }
}

function snapshotAt(table: LoadedTable, time: string): Snapshot {
  const ms = Date.parse(time)
  if (Number.isNaN(ms))
    throw new NacreError('NACRE_INPUT', `'${time}' is not a time; write it as 2026-01-05T10:00:00Z.`)
  const entry = table.metadata['snapshot-log'].findLast((logged) => logged['timestamp-ms'] <= ms)
  if (entry === undefined) throw notFound(table, `no snapshot of ${time} or before, or it has expired`)
  return snapshotById(table, entry['snapshot-id'])
}

function notFound({ name }: LoadedTable, what: string): NacreError {
  return new NacreError('NACRE_NOT_FOUND', `Table '${name}' has ${what}.`, { details: { table: name } })
}
