import { NacreError } from '../base/index.ts'
import type { LongId, RefInfo, Snapshot, SnapshotInfo, TableMetadata } from '../tables/index.ts'
import { changeWords } from './table-words.ts'

/** Who made a snapshot. */
export type SnapshotAuthor =
  | { readonly kind: 'run'; readonly job: string; readonly runId: string }
  /** A part of the platform. */
  | { readonly kind: 'nacre'; readonly name: string }
  /** A query engine, with its version if it says so. */
  | { readonly kind: 'engine'; readonly name: string }

/** A snapshot with what it means. */
export interface SnapshotView extends SnapshotInfo {
  /** What it did: `appended 1,204 rows in 3 files`. */
  readonly change: string
  /** Null when its summary does not tell. */
  readonly author: SnapshotAuthor | null
  /** Of the table as this snapshot left it; null when its summary does not tell. */
  readonly rows: number | null
  readonly files: number | null
  readonly sizeBytes: number | null
  /** Against the snapshot before. */
  readonly rowsDelta: number
  readonly sizeDelta: number
  readonly refs: readonly RefInfo[]
  readonly isCurrent: boolean
  /** The current snapshot is it or descends from it; others lie on branches or were rolled back. */
  readonly isInHistory: boolean
}

/** A page of a table's snapshots, newest first. */
export interface SnapshotPage {
  readonly snapshots: readonly SnapshotView[]
  readonly total: number
  /** For the page after this one; null on the last. */
  readonly nextBefore: string | null
}

/** @param before a snapshot id: the page begins behind it. Throws NACRE_NOT_FOUND when it is gone. */
export function snapshotPage(
  metadata: TableMetadata,
  { before, limit }: { before?: string | undefined; limit: number },
): SnapshotPage {
  const newest = metadata.snapshots.toReversed()
  const at = before === undefined ? -1 : newest.findIndex((snapshot) => idOf(snapshot) === before)
  if (before !== undefined && at < 0)
    throw new NacreError(
      'NACRE_NOT_FOUND',
      `Snapshot ${before} is not there any more; begin with the newest.`,
    )
  const shown = newest.slice(at + 1, at + 1 + limit)
  const history = historyOf(metadata)
  const refs = Map.groupBy(tableRefs(metadata), ({ snapshotId }) => snapshotId)
  const isLast = at + 1 + limit >= newest.length
  return {
    snapshots: shown.map((snapshot) => {
      const id = idOf(snapshot)
      return viewSnapshot(snapshot, {
        refs: refs.get(id) ?? [],
        isCurrent: id === String(metadata['current-snapshot-id']),
        isInHistory: history.has(id),
      })
    }),
    total: newest.length,
    nextBefore: isLast ? null : idOf(shown.at(-1)!),
  }
}

/** Branches and tags, `main` first. */
export function tableRefs(metadata: TableMetadata): readonly RefInfo[] {
  return Object.entries(metadata.refs)
    .map(([name, { type, 'snapshot-id': id }]) => ({ name, type, snapshotId: String(id) }))
    .toSorted(
      (one, other) =>
        Number(other.name === 'main') - Number(one.name === 'main') || one.name.localeCompare(other.name),
    )
}

/** The table's size as it grew. */
export interface TrendPoint {
  readonly at: string
  readonly rows: number
  /** Null when the snapshot's summary does not tell. */
  readonly sizeBytes: number | null
}

/** How often a table's size is told. */
const maxTrendPoints = 60

/** Along the history of the current snapshot, oldest first; evenly thinned out. */
export function sizeTrend(metadata: TableMetadata): readonly TrendPoint[] {
  const history = historyOf(metadata)
  const points = metadata.snapshots
    .filter((snapshot) => history.has(idOf(snapshot)) && 'total-records' in snapshot.summary)
    .map((snapshot) => {
      const { 'total-records': rows, 'total-files-size': sizeBytes } = snapshot.summary
      return {
        at: timeOf(snapshot),
        rows: Number(rows),
        sizeBytes: sizeBytes === undefined ? null : Number(sizeBytes),
      }
    })
  if (points.length <= maxTrendPoints) return points
  const step = (points.length - 1) / (maxTrendPoints - 1)
  return Array.from({ length: maxTrendPoints }, (_, index) => points[Math.round(index * step)]!)
}

/** Engines that wrote to the table, each with its newest snapshot; newest first. */
export function outsideWriters(
  metadata: TableMetadata,
): readonly { readonly name: string; readonly lastAt: string }[] {
  const last = new Map<string, string>()
  for (const snapshot of metadata.snapshots) {
    const author = authorOf(snapshot.summary)
    if (author?.kind === 'engine') last.set(author.name, timeOf(snapshot))
  }
  return [...last]
    .map(([name, lastAt]) => ({ name, lastAt }))
    .toSorted((one, other) => other.lastAt.localeCompare(one.lastAt))
}

function viewSnapshot(
  snapshot: Snapshot,
  place: Pick<SnapshotView, 'refs' | 'isCurrent' | 'isInHistory'>,
): SnapshotView {
  const { summary, 'parent-snapshot-id': parent } = snapshot
  const total = (key: string): number | null => (summary[key] === undefined ? null : Number(summary[key]))
  const change = (added: string, removed: string): number => (total(added) ?? 0) - (total(removed) ?? 0)
  return {
    snapshotId: idOf(snapshot),
    parentId: parent === undefined || parent === null ? null : String(parent),
    sequenceNumber: snapshot['sequence-number'],
    committedAt: timeOf(snapshot),
    summary,
    change: changeWords(summary),
    author: authorOf(summary),
    rows: total('total-records'),
    files: total('total-data-files'),
    sizeBytes: total('total-files-size'),
    rowsDelta: change('added-records', 'deleted-records'),
    sizeDelta: change('added-files-size', 'removed-files-size'),
    ...place,
  }
}

/** Engines say who they are in keys of their own; `engine-name` is what most write. */
export function authorOf(summary: Readonly<Record<string, string>>): SnapshotAuthor | null {
  const {
    'nacre.job': job,
    'nacre.run-id': runId,
    'engine-name': engine,
    'engine-version': version,
  } = summary
  if (job !== undefined && runId !== undefined) return { kind: 'run', job, runId }
  const { 'nacre.writer': part } = summary
  if (part !== undefined) return { kind: 'nacre', name: part }
  const name =
    engine ??
    (summary['spark.app.id'] === undefined ? undefined : 'Spark') ??
    (summary['trino_query_id'] === undefined ? undefined : 'Trino') ??
    (summary['flink.job-id'] === undefined ? undefined : 'Flink')
  if (name === undefined) return null
  return { kind: 'engine', name: version === undefined ? name : `${name} ${version}` }
}

/** Ids of the current snapshot and of those it descends from, newest first. */
export function historyOf(metadata: TableMetadata): ReadonlySet<string> {
  const parents = new Map(
    metadata.snapshots.map((snapshot) => [snapshot['snapshot-id'], snapshot['parent-snapshot-id']]),
  )
  const history = new Set<string>()
  let id: LongId | null | undefined = metadata['current-snapshot-id']
  while (id !== null && id !== undefined && parents.has(id) && !history.has(String(id))) {
    history.add(String(id))
    id = parents.get(id)
  }
  return history
}

function idOf(snapshot: Snapshot): string {
  return String(snapshot['snapshot-id'])
}

function timeOf(snapshot: Snapshot): string {
  return new Date(snapshot['timestamp-ms']).toISOString()
}
