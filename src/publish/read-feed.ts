import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { readAvro } from '../avro/index.ts'
import { NacreError } from '../base/index.ts'
import type { FeedPart, Notification } from './notification.ts'

/** How files of a feed are fetched. */
export interface ReadFeedOptions {
  /** A token of Nacre that may read. */
  readonly token?: string
  /** Where this service reaches Nacre, if not where the notification says. */
  readonly url?: string
  readonly fetch?: typeof globalThis.fetch
  readonly signal?: AbortSignal
}

/**
 * The rows of the snapshot that a notification announces, part by part. A part's rows are given once all of it has arrived and
 * its size and checksum are right, so half a file is never read; it waits in a temporary file, not in memory.
 *
 * Throws NACRE_NOT_FOUND when newer snapshots have replaced this one (acknowledge it: their notifications come next),
 * NACRE_CORRUPT for a wrong size or checksum, NACRE_UNAVAILABLE when the server does not answer.
 * @example for await (const row of readFeed<Shelf>(notification, { token })) shelves.set(row.reader, row)
 */
export async function* readFeed<Row = Readonly<Record<string, unknown>>>(
  notification: Notification,
  options: ReadFeedOptions = {},
): AsyncGenerator<Row, void, undefined> {
  for await (const rows of readFeedBatches<Row>(notification, options)) yield* rows
}

/** The same rows in batches of one Avro block, as {@link readFeed} gives them. */
export async function* readFeedBatches<Row = Readonly<Record<string, unknown>>>(
  notification: Notification,
  options: ReadFeedOptions = {},
): AsyncGenerator<readonly Row[], void, undefined> {
  const { source, data } = notification
  const folder = await mkdtemp(join(tmpdir(), 'nacre-feed-'))
  const file = join(folder, 'part.avro')
  try {
    for (const part of data.parts) {
      const url =
        options.url === undefined
          ? part.url
          : `${options.url.replace(/\/+$/, '')}${part.url.slice(source.length)}`
      await fetchPart({ ...part, url }, file, options)
      yield* readAvro<Row>(createReadStream(file), { file: part.url })
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function fetchPart(part: FeedPart, file: string, options: ReadFeedOptions): Promise<void> {
  const { fetch = globalThis.fetch, token, signal } = options
  const init = {
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    ...(signal === undefined ? {} : { signal }),
  }
  const away = (error: unknown): never => {
    if (signal?.aborted || error instanceof NacreError) throw error
    throw new NacreError(
      'NACRE_UNAVAILABLE',
      `${part.url} cannot be fetched: ${String(error)}. Try again later.`,
      { cause: error },
    )
  }
  const response = await fetch(part.url, init).catch(away)
  if (!response.ok || response.body === null) {
    await response.body?.cancel()
    throw refused(part.url, response.status)
  }
  const hash = createHash('sha256')
  let sizeBytes = 0
  await pipeline(
    response.body,
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk)
        sizeBytes += chunk.length
        if (sizeBytes > part.sizeBytes) break // what is longer than announced need not be read to its end
        yield chunk
      }
    },
    createWriteStream(file),
  ).catch(away)
  const found = hash.digest('hex')
  if (sizeBytes === part.sizeBytes && found === part.sha256) return
  throw new NacreError(
    'NACRE_CORRUPT',
    sizeBytes === part.sizeBytes
      ? `${part.url} has the SHA-256 ${found}, not ${part.sha256} as announced. Fetch it again.`
      : `${part.url} has ${sizeBytes > part.sizeBytes ? 'more than ' : ''}${Math.min(sizeBytes, part.sizeBytes)} bytes, not ${part.sizeBytes} as announced. Fetch it again.`,
  )
}

function refused(url: string, status: number): NacreError {
  switch (status) {
    case 401:
      return new NacreError('NACRE_NOT_SIGNED_IN', `${url} needs a token; give one that may read.`)
    case 403:
      return new NacreError('NACRE_NOT_ALLOWED', `The token may not read ${url}.`)
    case 404:
      return new NacreError('NACRE_NOT_FOUND', `${url} is gone: newer snapshots have replaced this one.`)
    default:
      return new NacreError(
        'NACRE_UNAVAILABLE',
        `${url} cannot be fetched: the server answered ${status}. Try again later.`,
      )
  }
}
