import { Analytics } from '@segment/analytics-node'
import type { Upload } from './device.ts'
import { deviceRadio, noTraffic, type Traffic } from './radio.ts'

export interface SendOptions {
  /** Address of the collector, such as `http://127.0.0.1:7070`. */
  readonly collector: string
  readonly writeKey: string
  /** Uploads on their way at the same time. Default 24. */
  readonly concurrency?: number
  readonly onProgress?: (sent: number, total: number) => void
  /** Stops before the next upload; those on their way are finished. */
  readonly signal?: AbortSignal
}

/**
 * Sends uploads in order through Segment's stock client, one client per upload as an app that wakes up, sends and sleeps.
 * `sent` of them, the first, were accepted: all but for a stop. Throws when an event is not accepted.
 */
export async function sendUploads(
  uploads: readonly Upload[],
  options: SendOptions,
): Promise<{ readonly sent: number; readonly traffic: Traffic }> {
  const traffic = noTraffic()
  const waiting = uploads.values()
  let sent = 0
  const work = async (): Promise<void> => {
    while (options.signal?.aborted !== true) {
      const { value: upload, done } = waiting.next()
      if (done) return
      await sendUpload(upload, options, traffic)
      sent++
      options.onProgress?.(sent, uploads.length)
    }
  }
  await Promise.all(Array.from({ length: options.concurrency ?? 24 }, work))
  return { sent, traffic }
}

async function sendUpload(upload: Upload, options: SendOptions, traffic: Traffic): Promise<void> {
  const { device, radio, calls } = upload
  const analytics = new Analytics({
    host: options.collector,
    writeKey: options.writeKey,
    flushAt: 200,
    httpClient: deviceRadio({ clockErrorMs: device.clockErrorMs, radio, traffic }),
  })
  let refusal: unknown
  analytics.on('error', (error) => (refusal ??= error))
  const context = { device: { id: device.id, type: device.platform } }
  for (const { kind, name, messageId, userId, properties, deviceMs } of calls) {
    const common = { userId, anonymousId: device.id, messageId, timestamp: new Date(deviceMs), context }
    if (kind === 'identify') analytics.identify({ ...common, traits: properties })
    else analytics.track({ ...common, event: name, properties })
  }
  await analytics.closeAndFlush()
  if (refusal !== undefined) {
    const reason = (refusal as { reason?: unknown }).reason ?? refusal
    throw new Error(`The collector at ${options.collector} did not accept events of ${device.id}`, {
      cause: reason,
    })
  }
}
