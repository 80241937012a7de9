import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { readAvro } from '../avro/index.ts'
import { NacreError } from '../base/index.ts'
import type { FeedPart, Notification } from './feed-definition.ts'

/** How files of a feed are fetched. */
export interface ReadFeedOptions {
  /** A token of Nacre that may read. */
  readonly token?: string
  readonly fetch?: typeof globalThis.fetch
  readonly signal?: AbortSignal
}

/**
 * The rows of the snapshot that a notification announces, part by part. A part's rows are given once all of it has arrived and
 * its checksum is right, so half a file is never read; it waits in a temporary file, not in memory.
 *
 * Throws NACRE_NOT_FOUND when newer snapshots have replaced this one (acknowledge it: their notifications come next),
 * NACRE_CORRUPT for a wrong checksum, NACRE_UNAVAILABLE when the server does not answer.
 * @example for await (const row of readFeed<Shelf>(notification, { token })) shelves.set(row.reader, row)
 */
export async function* readFeed<Row = Readonly<Record<string, unknown>>>(
  notification: Notification,
  options: ReadFeedOptions = {},
): AsyncGenerator<Row, void, undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'nacre-feed-'))
  const file = join(folder, 'part.avro')
  try {
    for (const part of notification.data.parts) {
      await fetchPart(part, file, options)
      for await (const rows of readAvro<Row>(createReadStream(file))) yield* rows
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
  const response = await fetch(part.url, init).catch((error: unknown) => {
    if (signal?.aborted) throw error
    throw new NacreError(
      'NACRE_UNAVAILABLE',
      `${part.url} cannot be fetched: ${String(error)}. Try again later.`,
      {
        cause: error,
      },
    )
  })
  if (!response.ok || response.body === null) {
    await response.body?.cancel()
    throw refused(part.url, response.status)
  }
  const hash = createHash('sha256')
  await pipeline(
    response.body,
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk)
        yield chunk
      }
    },
    createWriteStream(file),
  )
  const found = hash.digest('hex')
  if (found !== part.sha256) {
    throw new NacreError(
      'NACRE_CORRUPT',
      `${part.url} has the SHA-256 ${found}, not ${part.sha256} as announced. Fetch it again.`,
    )
  }
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
