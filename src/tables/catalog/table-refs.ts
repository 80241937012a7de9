import { NacreError } from '../../base/index.ts'
import { changedPartitions } from '../commit/changed-partitions.ts'
import { describeCommitted, type ChangeWorld } from '../commit/commit-changes.ts'
import { commitTables, metadataAfter, retryLostRaces, type LoadedTable } from '../commit/commit-tables.ts'
import type { MetadataUpdate } from '../metadata/metadata-updates.ts'
import { ancestorsOf, branchSnapshot } from '../metadata/snapshot-history.ts'
import { currentSnapshot, type SnapshotRef } from '../metadata/table-metadata.ts'

/** A branch or tag of a table. */
export interface RefInfo {
  readonly name: string
  readonly type: 'branch' | 'tag'
  readonly snapshotId: string
  /** How long expiry leaves the reference, and of a branch its snapshots; absent: as long as the table's properties say. */
  readonly maxRefAgeMs?: number | undefined
  readonly maxSnapshotAgeMs?: number | undefined
  readonly minSnapshotsToKeep?: number | undefined
}

/** Branches and tags: names of snapshots. A commit moves the branch it is made on; a tag stays where it is. */
export interface TableRefs {
  list(table: string): Promise<readonly RefInfo[]>
  /** Names a snapshot, by default the current one. Throws NACRE_CONFLICT when the name is taken, NACRE_NOT_FOUND for a snapshot that is not there. */
  create(table: string, ref: Omit<RefInfo, 'snapshotId'> & { snapshotId?: string }): Promise<void>
  /** That there is no such reference is no error. Throws NACRE_INPUT for `main`. */
  drop(table: string, name: string): Promise<void>
  /** Brings `to` (default `main`) to the state of a branch that was made of it. Throws NACRE_CONFLICT when it has moved on since. */
  fastForward(table: string, branch: string, to?: string): Promise<void>
  /** Makes an earlier state the current one again, by its id or by a time at which it was current. What came after stays until it expires. */
  rollback(table: string, target: { snapshotId: string } | { asOfMs: number }): Promise<void>
}

/** Makes, moves and drops the references of tables. */
export function openTableRefs(world: ChangeWorld): TableRefs {
  /** `plan` gives undefined when there is nothing to do. */
  const change = async (
    name: string,
    plan: (table: LoadedTable) => MetadataUpdate | undefined,
  ): Promise<void> => {
    await retryLostRaces(world, [name], async () => {
      const base = await world.tables.get(name)
      const update = plan(base)
      if (update === undefined) return []
      const commit = { base, requirements: [], updates: [update], files: [] }
      const after = metadataAfter(commit, world.clock.now())
      const partitions = await changedPartitions(world.tables, base.metadata, after)
      const snapshot = currentSnapshot(after)
      const committed = snapshot && partitions ? [describeCommitted(base, { snapshot, partitions })] : []
      return commitTables(world, [commit], async (transaction) => {
        if (committed.length > 0) await world.onCommit?.(transaction, committed)
      })
    })
  }
  return {
    async list(table) {
      const { metadata } = await world.tables.get(table)
      return Object.entries(metadata.refs).map(([name, ref]) => describeRef(name, ref))
    },

    async create(table, { name, type, snapshotId, maxRefAgeMs, maxSnapshotAgeMs, minSnapshotsToKeep }) {
      await change(table, (base) => {
        const { metadata } = base
        if (metadata.refs[name])
          throw new NacreError(
            'NACRE_CONFLICT',
            `Table '${table}' has a ${metadata.refs[name].type} '${name}' already.`,
          )
        const snapshot = world.tables.snapshot(base, snapshotId)
        if (snapshot === null)
          throw new NacreError(
            'NACRE_NOT_FOUND',
            `Table '${table}' has no snapshot yet that '${name}' could name.`,
          )
        const retention = {
          ...(maxRefAgeMs === undefined ? {} : { 'max-ref-age-ms': maxRefAgeMs }),
          ...(maxSnapshotAgeMs === undefined ? {} : { 'max-snapshot-age-ms': maxSnapshotAgeMs }),
          ...(minSnapshotsToKeep === undefined ? {} : { 'min-snapshots-to-keep': minSnapshotsToKeep }),
        }
        return setRef(name, { 'snapshot-id': snapshot['snapshot-id'], type, ...retention })
      })
    },

    async drop(table, name) {
      if (name === 'main')
        throw new NacreError(
          'NACRE_INPUT',
          `'main' is the table itself and cannot be dropped. Drop the table.`,
        )
      await change(table, ({ metadata }) =>
        metadata.refs[name] ? { action: 'remove-snapshot-ref', 'ref-name': name } : undefined,
      )
    },

    async fastForward(table, branch, to = 'main') {
      await change(table, ({ metadata }) => {
        const [from, target] = [branchSnapshot(metadata, to), branchSnapshot(metadata, branch)]
        if (target === null || target === from) return undefined
        if (from !== null && !ancestorsOf(metadata, target).includes(from))
          throw new NacreError(
            'NACRE_CONFLICT',
            `Branch '${branch}' of '${table}' was not made of the present '${to}', which has moved on. Make the branch's changes anew.`,
          )
        return setRef(to, { type: 'branch', ...metadata.refs[to], 'snapshot-id': target['snapshot-id'] })
      })
    },

    async rollback(table, target) {
      await change(table, (base) => {
        const { metadata } = base
        const id = 'snapshotId' in target ? target.snapshotId : idAt(base, target.asOfMs)
        const snapshot = world.tables.snapshot(base, id)!
        if (snapshot['snapshot-id'] === metadata['current-snapshot-id']) return undefined
        return setRef('main', {
          type: 'branch',
          ...metadata.refs['main'],
          'snapshot-id': snapshot['snapshot-id'],
        })
      })
    },
  }
}

function setRef(name: string, ref: SnapshotRef): MetadataUpdate {
  return { action: 'set-snapshot-ref', 'ref-name': name, ...ref }
}

function describeRef(name: string, ref: SnapshotRef): RefInfo {
  return {
    name,
    type: ref.type,
    snapshotId: String(ref['snapshot-id']),
    maxRefAgeMs: ref['max-ref-age-ms'],
    maxSnapshotAgeMs: ref['max-snapshot-age-ms'],
    minSnapshotsToKeep: ref['min-snapshots-to-keep'],
  }
}

function idAt({ name, metadata }: LoadedTable, asOfMs: number): string {
  const entry = metadata['snapshot-log'].findLast((one) => one['timestamp-ms'] <= asOfMs)
  if (entry) return String(entry['snapshot-id'])
  const first = metadata['snapshot-log'][0]
  const since = first ? `; its history begins at ${new Date(first['timestamp-ms']).toISOString()}` : ''
  throw new NacreError(
    'NACRE_NOT_FOUND',
    `Table '${name}' had no snapshot at ${new Date(asOfMs).toISOString()}${since}.`,
  )
}
