import { NacreError } from '../../base/index.ts'
import { commitTables, retryLostRaces, type LoadedTable } from '../commit-tables.ts'
import { liveEntries } from '../live-entries.ts'
import { planScan } from '../plan-scan.ts'
import { currentSnapshot, type Snapshot } from '../table-metadata.ts'
import { writeTarget } from '../write-target.ts'
import { deleteFiles, isInside } from './delete-files-inside.ts'
import { planManifests } from './merge-table-manifests.ts'
import type { MaintenanceWorld } from './open-maintenance.ts'
import { scanOf } from './plan-compaction.ts'
import { idsOf } from './plan-expiry.ts'
import { filesOnlyOf } from './reachable-files.ts'
import type { ErasureBlocker, ErasurePlan, ErasureReport, ErasureSubject } from './table-maintenance.ts'

/** See TableMaintenance.planErasure. */
export async function planErasure(
  world: MaintenanceWorld,
  name: string,
  subject: ErasureSubject,
): Promise<ErasurePlan> {
  const table = await world.tables.get(name)
  const column = subjectColumn(table, subject)
  const whole = await planScan(world.tables, table)
  const found = await planScan(world.tables, table, { where: [{ column, is: '=', value: subject.value }] })
  const holding = new Set(found.files.map(({ path }) => path))
  const paths = whole.files
    .filter(({ path, deletes = [] }) => holding.has(path) || deletes.length > 0)
    .map(({ path }) => path)
  return {
    column,
    scan: scanOf(whole, paths),
    target: writeTarget(table),
    blockers: await blockersOf(world, table, await tellingSnapshots(world, table, new Set(paths))),
  }
}

/** See TableMaintenance.finishErasure. */
export async function finishErasure(
  world: MaintenanceWorld,
  name: string,
  subject: ErasureSubject,
  { force = false, dryRun = false }: { force?: boolean; dryRun?: boolean } = {},
): Promise<ErasureReport> {
  const { base, gone, left, blockers } = await retryLostRaces(world, [name], async () => {
    const table = await world.tables.get(name)
    subjectColumn(table, subject)
    const { metadata } = table
    const telling = await tellingSnapshots(world, table, new Set())
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
      ? (await planManifests(world, table, { isWorth: () => true }))?.snapshot
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
 * The snapshots that may tell of erased rows: those with a file that the current one lacks or that is about to go, and those whose
 * manifests name files that were removed.
 */
async function tellingSnapshots(
  { tables }: MaintenanceWorld,
  table: LoadedTable,
  going: ReadonlySet<string>,
): Promise<readonly Snapshot[]> {
  const { metadata } = table
  const pathsOf = async (snapshot: Snapshot | null): Promise<readonly string[]> => {
    const { data, deletes } = await liveEntries(tables, table, snapshot)
    return [...data, ...deletes].map(({ entry }) => entry.data_file.file_path)
  }
  const clean = new Set((await pathsOf(currentSnapshot(metadata))).filter((path) => !going.has(path)))
  const telling: Snapshot[] = []
  for (const snapshot of metadata.snapshots) {
    const list = await tables.manifests(table, snapshot)
    const namesRemoved = list.some((listed) => listed.deleted_files_count > 0)
    if (namesRemoved || (await pathsOf(snapshot)).some((path) => !clean.has(path))) telling.push(snapshot)
  }
  return telling
}

async function blockersOf(
  world: MaintenanceWorld,
  { metadata }: LoadedTable,
  telling: readonly Snapshot[],
): Promise<readonly ErasureBlocker[]> {
  const ids = new Set(telling.map((snapshot) => String(snapshot['snapshot-id'])))
  const refs = Object.entries(metadata.refs)
    .filter(([name]) => name !== 'main')
    .map(([name, ref]) => ({ kind: ref.type, name, snapshotId: String(ref['snapshot-id']) }))
  const readers = await world.readers(world.database, metadata['table-uuid'])
  const all = [...refs, ...readers.map((reader) => ({ kind: 'reader' as const, ...reader }))]
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
