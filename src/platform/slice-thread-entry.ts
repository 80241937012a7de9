/** The worker thread that writes slices of feeds, one after the other, as {@link SliceThread} tells it. */
import { parentPort } from 'node:worker_threads'
import { toNacreError } from '../base/index.ts'
import { openFeedEngine } from './feed-engine.ts'
import { writeFeedSlice } from './feed-rows.ts'
import type { FeedSliceRequest, FromSliceThread, ToSliceThread } from './slice-thread.ts'

const port = parentPort!
let stop = new AbortController()

port.on('message', (message: ToSliceThread) => {
  if (message.kind === 'stop') {
    stop.abort()
  } else {
    stop = new AbortController()
    void answer(message.request, stop.signal).then((reply) => port.postMessage(reply))
  }
})

async function answer(
  { slice, storage, work }: FeedSliceRequest,
  signal: AbortSignal,
): Promise<FromSliceThread> {
  try {
    await using engine = await openFeedEngine(storage)
    return { parts: await writeFeedSlice(engine, slice, work, signal) }
  } catch (thrown) {
    return { error: toNacreError(thrown).toJSON() }
  }
}
