import type { ReaderRegistration, TableMetadata } from '../tables/index.ts'
import { historyOf } from './table-snapshots.ts'

/** A reader that goes on from snapshot to snapshot, and how far it has come. */
export interface RegisteredReader extends ReaderRegistration {
  /** When the snapshot that it is at was committed; null when that is gone. */
  readonly at: string | null
  /** Commits it has yet to read; null when the current state does not come of its snapshot, as after a rollback. */
  readonly behind: number | null
  /** A running attempt or a feed: the platform itself ends it. Names that people give hold no space. */
  readonly isOfPlatform: boolean
}

/** Those that lag most come first. */
export function describeReaders(
  metadata: TableMetadata,
  registrations: readonly ReaderRegistration[],
): readonly RegisteredReader[] {
  const history = [...historyOf(metadata)]
  const times = new Map(
    metadata.snapshots.map((snapshot) => [String(snapshot['snapshot-id']), snapshot['timestamp-ms']]),
  )
  return registrations
    .map((registration): RegisteredReader => {
      const time = times.get(registration.snapshotId)
      const behind = history.indexOf(registration.snapshotId)
      return {
        ...registration,
        at: time === undefined ? null : new Date(time).toISOString(),
        behind: behind < 0 ? null : behind,
        isOfPlatform: registration.reader.includes(' '),
      }
    })
    .toSorted((one, other) => (other.behind ?? Number.MAX_VALUE) - (one.behind ?? Number.MAX_VALUE))
}
