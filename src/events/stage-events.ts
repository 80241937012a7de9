import type { Queryable } from '../database/index.ts'
import type { Catalog, TableChange } from '../tables/index.ts'
import { rejectEvent, type DecodedEvent } from './decode-batch.ts'
import { readSeen } from './decoder-state.ts'
import { rejectedEvents } from './rejected-events.ts'
import { writeOrRefuse, type WriteRows } from './write-event-rows.ts'

/** What staging needs. */
export interface StagingParts {
  readonly database: Queryable
  readonly catalog: Pick<Catalog, 'planWrite'>
  readonly writeRows: WriteRows
}

/** Decoded events, written and ready to commit. */
export interface StagedEvents {
  readonly changes: readonly TableChange[]
  /** The first of each id, with its final verdict; their ids must be saved as seen in the commit. */
  readonly kept: readonly DecodedEvent[]
  readonly duplicates: readonly DecodedEvent[]
}

/** Writes the events that were not seen before. A row that the engine refuses becomes a rejected one. */
export async function stageEvents(
  events: readonly DecodedEvent[],
  { database, catalog, writeRows }: StagingParts,
  signal?: AbortSignal,
): Promise<StagedEvents> {
  const { fresh, duplicates } = splitSeen(
    events,
    await readSeen(
      database,
      events.map(({ id }) => id),
    ),
  )
  const good = fresh.filter((event) => event.verdict === 'landed')
  const changes: TableChange[] = []
  const landed: DecodedEvent[] = []
  const refusals: DecodedEvent[] = []
  for (const [table, items] of Map.groupBy(good, ({ contract }) => contract.manifest.table.name)) {
    const target = await catalog.planWrite(table)
    const { files, written, refused } = await writeOrRefuse(items, (rows) => writeRows(target, rows, signal))
    if (files.length > 0) changes.push({ kind: 'append', table, files })
    landed.push(...written)
    refusals.push(...refused.map(({ item, reason }) => rejectEvent(item.event, 'engine_refused', reason)))
  }
  const late = splitSeen(
    refusals,
    await readSeen(
      database,
      refusals.map(({ id }) => id),
    ),
  )
  const rejected = [...fresh.filter(({ verdict }) => verdict === 'rejected'), ...late.fresh]
  if (rejected.length > 0) {
    const target = await catalog.planWrite(rejectedEvents.name)
    const rows = rejected.map(({ row }) => row)
    changes.push({ kind: 'append', table: rejectedEvents.name, files: await writeRows(target, rows, signal) })
  }
  return { changes, kept: [...landed, ...rejected], duplicates: [...duplicates, ...late.duplicates] }
}

function splitSeen(
  events: readonly DecodedEvent[],
  seen: ReadonlySet<string>,
): { fresh: DecodedEvent[]; duplicates: DecodedEvent[] } {
  const known = new Set(seen)
  const fresh: DecodedEvent[] = []
  const duplicates: DecodedEvent[] = []
  for (const event of events) {
    if (known.has(event.id)) duplicates.push(event)
    else fresh.push(event)
    known.add(event.id)
  }
  return { fresh, duplicates }
}
