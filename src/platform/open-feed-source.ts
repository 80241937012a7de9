import { availableParallelism } from 'node:os'
import type { ExportSource } from '../publish/index.ts'
import type { ScanPlan } from '../tables/index.ts'
import type { SharedFeedEngine } from './feed-engine.ts'
import { writeFeedSlice } from './feed-rows.ts'
import { sliceScan } from './feed-slices.ts'
import { SliceThread } from './slice-thread.ts'

/** What a feed's source touches. */
export interface FeedSourceOptions {
  /** Threads that write slices. Default one for each processor, at most four. */
  readonly threads?: number
  /** Parquet in a slice. Default 64 MiB. */
  readonly sliceBytes?: number
}

/** Fewer rows are written faster than a thread starts. */
const rowsForThreads = 100_000

/** A pinned snapshot as a feed's source: written by worker threads, or by the shared engine when it is small. Dispose it. */
export function openFeedSource(
  plan: ScanPlan,
  engine: SharedFeedEngine,
  { threads = Math.min(4, availableParallelism()), sliceBytes }: FeedSourceOptions = {},
): ExportSource {
  const slices = sliceScan(plan, sliceBytes)
  const rows = plan.files.reduce((sum, { rowCount }) => sum + rowCount, 0)
  const idle: SliceThread[] = []
  return {
    sliceCount: slices.length,
    concurrency: Math.min(threads, slices.length),
    async writeSlice(index, work, signal) {
      const slice = slices[index]!
      // Alone: slices of one table would take each other's files for their own.
      if (rows < rowsForThreads && slices.length === 1)
        return engine.use((opened) => writeFeedSlice(opened, slice, work, signal))
      const thread = idle.pop() ?? new SliceThread()
      try {
        return await thread.write({ slice, storage: engine.storage, work }, signal)
      } finally {
        idle.push(thread)
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(idle.map((thread) => thread[Symbol.asyncDispose]()))
    },
  }
}
