import { NacreError } from '../../base/index.ts'
import { columnFacts, spanOfColumn } from '../scan/column-facts.ts'
import { commitTables, retryLostRaces, type LoadedTable } from '../commit/commit-tables.ts'
import { liveEntries } from '../manifests/live-entries.ts'
import type { ManifestEntry } from '../manifests/manifest.ts'
import { planScan } from '../scan/plan-scan.ts'
import { compareValues, parseValue, type StoredValue } from '../schema/primitive-codec.ts'
import { findReaders } from '../scan/reader-registrations.ts'
import { bindFilter, type BoundTest } from '../scan/scan-filter.ts'
import { currentSchema, currentSnapshot, type Snapshot } from '../metadata/table-metadata.ts'
import { writeTarget } from '../scan/write-target.ts'
import { deleteFiles, isInside } from './delete-files-inside.ts'
import { planManifests } from './merge-table-manifests.ts'
import type { ChangeWorld } from '../commit/commit-changes.ts'
import { scanOf } from './plan-compaction.ts'
import { idsOf } from './plan-expiry.ts'
import { filesOnlyOf } from './reachable-files.ts'
import type {
  ErasureBlocker,
  ErasurePlan,
  ErasureReport,
  ErasureSubject,
  FinishErasureOptions,
} from './table-maintenance.ts'

/** See TableMaintenance.planErasure. */
export async function planErasure(
  world: ChangeWorld,
  name: string,
  subject: ErasureSubject,
): Promise<ErasurePlan> {
  const table = await world.tables.get(name)
  const column = subjectColumn(table, subject)
  const whole = await planScan(world.tables, table)
  if (valueOf(table, subject) === undefined)
    return { column, scan: scanOf(whole, []), target: writeTarget(table), blockers: [] }
  const found = await planScan(world.tables, table, { where: [{ column, is: '=', value: subject.value }] })
  const holding = new Set(found.files.map(({ path }) => path))
  const paths = whole.files
    .filter(({ path, deletes = [] }) => holding.has(path) || deletes.length > 0)
    .map(({ path }) => path)
  return {
    column,
    scan: scanOf(whole, paths),
    target: writeTarget(table),
    blockers: await blockersOf(
      world,
      table,
      await tellingSnapshots(world, table, { subject, going: new Set(paths) }),
    ),
  }
}

/** See TableMaintenance.finishErasure. */
export async function finishErasure(
  world: ChangeWorld,
  name: string,
  subject: ErasureSubject,
  { force = false, dryRun = false, summary = {} }: FinishErasureOptions = {},
): Promise<ErasureReport> {
  const { base, gone, left, blockers } = await retryLostRaces(world, [name], async () => {
    const table = await world.tables.get(name)
    const { metadata } = table
    const telling = await tellingSnapshots(world, table, { subject, going: new Set() })
    const blocking = await blockersOf(world, table, telling)
    const remaining = metadata.snapshots.filter((snapshot) => !telling.includes(snapshot))
    const outcome = { base: table, gone: telling, left: remaining, blockers: blocking }
    if (dryRun || telling.length === 0) return outcome
    if (blocking.length > 0 && !force)
      throw new NacreError(
        'NACRE_CONFLICT',
        `Snapshots of '${name}' that may hold the rows are held by ${blocking.map((one) => `${one.kind} '${one.name}'`).join(', ')}. Drop these, or erase with force, which does.`,
        { details: { table: name, blockers: blocking } },
      )
    const refs = blocking.filter(({ kind }) => kind !== 'reader')
    // The current snapshot's manifests may tell of files that it removed; one of the same files takes its place.
    const isCurrentTelling = telling.some((one) => one['snapshot-id'] === metadata['current-snapshot-id'])
    const clean = isCurrentTelling
      ? (await planManifests(world, table, { summary, isWorth: () => true }))?.snapshot
      : undefined
    const updates = [
      ...refs.map((ref) => ({ action: 'remove-snapshot-ref', 'ref-name': ref.name }) as const),
      ...(clean?.updates ?? []),
      { action: 'remove-snapshots', 'snapshot-ids': idsOf(telling) } as const,
    ]
    const hasLanded = await commitTables(world, [
      { base: table, requirements: clean?.requirements ?? [], updates, files: clean?.files ?? [] },
    ])
    if (!hasLanded) return undefined
    return { ...outcome, left: (await world.tables.get(name)).metadata.snapshots }
  })
  const files = (await filesOnlyOf(world.tables, base, { gone, left })).filter((uri) => isInside(base, uri))
  if (!dryRun) await deleteFiles(world, base, files)
  return {
    snapshotIds: idsOf(gone).map(String),
    refs: blockers.filter(({ kind }) => kind !== 'reader').map((ref) => ref.name),
    files,
    blockers,
  }
}

/**
 * The snapshots whose manifests name a file, live or removed, that may hold the subject's rows. Files of the current snapshot are
 * clean but for those about to go.
 */
async function tellingSnapshots(
  { tables }: ChangeWorld,
  table: LoadedTable,
  { subject, going }: { subject: ErasureSubject; going: ReadonlySet<string> },
): Promise<readonly Snapshot[]> {
  const { metadata } = table
  const { fieldId, type } = boundColumn(table, subject)
  const value = valueOf(table, subject)
  if (value === undefined) return []
  const current = await liveEntries(tables, table, currentSnapshot(metadata))
  const paths = current.data.map(({ entry }) => entry.data_file.file_path)
  const clean = new Set(paths.filter((path) => !going.has(path)))
  const mayTell = ({ data_file: file }: ManifestEntry): boolean => {
    if (clean.has(file.file_path)) return false
    const { lower, upper } = spanOfColumn(type, columnFacts(file).get(fieldId))
    return (
      (lower === undefined || compareValues(lower, value) <= 0) &&
      (upper === undefined || compareValues(value, upper) <= 0)
    )
  }
  const told = new Map<string, boolean>()
  const telling: Snapshot[] = []
  for (const snapshot of metadata.snapshots) {
    const list = (await tables.manifests(table, snapshot)).filter(({ content }) => content === 0)
    for (const listed of list)
      if (!told.has(listed.manifest_path))
        told.set(listed.manifest_path, (await tables.manifest(listed, table.name)).entries.some(mayTell))
    if (list.some((listed) => told.get(listed.manifest_path))) telling.push(snapshot)
  }
  return telling
}

/** The subject as its column's stored value; undefined when it can stand in no row: 'ann' is in no column of numbers. */
function valueOf(table: LoadedTable, subject: ErasureSubject): StoredValue | undefined {
  const { type } = boundColumn(table, subject)
  try {
    return parseValue(type, subject.value)
  } catch (error) {
    if (error instanceof NacreError && error.code === 'NACRE_INPUT') return undefined
    throw error
  }
}

/** A filter has the same words for what is wrong with a column. */
function boundColumn(table: LoadedTable, subject: ErasureSubject): BoundTest {
  const column = subjectColumn(table, subject)
  return bindFilter(currentSchema(table.metadata), [{ column, is: 'not null' }])[0]!
}

async function blockersOf(
  world: ChangeWorld,
  { metadata }: LoadedTable,
  telling: readonly Snapshot[],
): Promise<readonly ErasureBlocker[]> {
  const ids = new Set(telling.map((snapshot) => String(snapshot['snapshot-id'])))
  const refs = Object.entries(metadata.refs)
    .filter(([name]) => name !== 'main')
    .map(([name, ref]) => ({ kind: ref.type, name, snapshotId: String(ref['snapshot-id']) }))
  const readers = await findReaders(world.database, metadata['table-uuid'])
  const all = [
    ...refs,
    ...readers.map(({ reader, snapshotId }) => ({ kind: 'reader' as const, name: reader, snapshotId })),
  ]
  return all.filter(({ snapshotId }) => ids.has(snapshotId))
}

function subjectColumn({ name, metadata }: LoadedTable, { column }: ErasureSubject): string {
  const wanted = column ?? metadata.properties['nacre.subject']
  if (wanted !== undefined) return wanted
  throw new NacreError(
    'NACRE_INPUT',
    `Table '${name}' does not say whose its rows are. Declare its subject, or name the column.`,
  )
}
