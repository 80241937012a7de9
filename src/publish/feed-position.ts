import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileDurably } from '../base/index.ts'
import type { Notification } from './notification.ts'

/** How far a consumer of a feed has come: plain JSON. */
export interface FeedPosition {
  readonly tableUuid: string
  readonly sequenceNumber: number
  /** Number of the publication that was processed last; undefined where Nacre did not tell it yet. */
  readonly publication?: number
  readonly snapshotId: string
  /** Replays that were processed, newest last. */
  readonly replays: readonly string[]
}

/** Keeps a position, best in one transaction with what the handler writes. */
export interface PositionStore {
  load(): Promise<FeedPosition | undefined>
  save(position: FeedPosition): Promise<void>
}

/** A store in a folder, that of callbacks, or one that forgets. */
export function openPositionStore(store: string | PositionStore | undefined, feed: string): PositionStore {
  if (typeof store === 'object') return store
  if (store === undefined) return { load: async () => undefined, save: async () => undefined }
  const path = join(store, `${feed}.position.json`)
  return {
    async load() {
      try {
        return JSON.parse(await readFile(path, 'utf8')) as FeedPosition
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    async save(position) {
      await mkdir(store, { recursive: true })
      await writeFileDurably(path, `${JSON.stringify(position)}\n`)
    },
  }
}

/** Whether a notification was processed already. */
export function isKnown(notification: Notification, position: FeedPosition | undefined): boolean {
  if (position === undefined) return false
  if (notification.nacrereplay !== undefined) return position.replays.includes(replayOf(notification))
  // A table that was dropped and made again counts anew, under another uuid.
  return notification.data.tableUuid === position.tableUuid && !isAhead(notification, position)
}

/** Whether a publication of changed partitions builds on another snapshot than the one that was processed last. */
export function missesOthers({ data }: Notification, position: FeedPosition | undefined): boolean {
  return data.content === 'changed-partitions' && data.since !== position?.snapshotId
}

/** The position once a notification was processed. A replay of an older one does not set it back. */
export function positionAfter(notification: Notification, before: FeedPosition | undefined): FeedPosition {
  const { tableUuid, sequenceNumber, publication, snapshotId } = notification.data
  const isReplay = notification.nacrereplay !== undefined
  const replays = [...(before?.replays ?? []), ...(isReplay ? [replayOf(notification)] : [])].slice(-100)
  const isBehind = before?.tableUuid === tableUuid && !isAhead(notification, before)
  if (isBehind) return { ...before, replays }
  return { tableUuid, sequenceNumber, ...(publication !== undefined && { publication }), snapshotId, replays }
}

/** What was published later, also where it steps back to an older snapshot. */
function isAhead({ data }: Notification, { publication, sequenceNumber }: FeedPosition): boolean {
  if (publication === undefined || data.publication === undefined) return data.sequenceNumber > sequenceNumber
  return data.publication > publication
}

/** Where a reader goes on, as Nacre is asked for it. */
export function startAfter({ tableUuid, snapshotId, publication }: FeedPosition): string {
  return `after=${tableUuid}:${snapshotId}${publication === undefined ? '' : `-${publication}`}`
}

function replayOf({ id, nacrereplay }: Notification): string {
  return `${id}#${nacrereplay}`
}
