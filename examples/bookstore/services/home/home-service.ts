import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { NacreError, readFeed, verifySignature, type Notification } from 'nacre/consume'
import { homePage, type Home, type Shelf } from './home-page.ts'
import { openSnapshot, type ByReader, type Snapshot } from './snapshots.ts'

export interface HomeServiceOptions {
  /** Its copies of the feeds are kept here. */
  readonly folder: string
  /** Shared with the feeds' webhook. */
  readonly secret: string
  /** A token of Nacre that may read feeds. */
  readonly token: string
  /** Default 0: any free one. */
  readonly port?: number
}

/** A running service. Closed by disposing it. */
export interface HomeService extends AsyncDisposable {
  readonly url: string
}

/** A row of recommend.home_shelf. */
interface ShelfRow extends ByReader {
  readonly shelf: string
  readonly shelf_rank: number
  readonly rank: number
  readonly edition: string
  readonly title: string
  readonly author: string
  readonly reason: string
}

/** A row of reading.progress. */
interface ProgressRow extends ByReader {
  readonly edition: string
  readonly percent: number
}

const bodyLimit = 1_000_000

/**
 * Serves readers' Home screens from two feeds. `POST /ready` takes their notifications; `GET /home/<reader>` answers JSON, or a
 * page to a browser. A notification is answered once its rows are on disk; what fails is sent again by Nacre.
 */
export async function openHomeService(options: HomeServiceOptions): Promise<HomeService> {
  const { folder, secret, token } = options
  const shelves = await openSnapshot<ShelfRow>(folder, 'recommend.home_shelf')
  const progress = await openSnapshot<ProgressRow>(folder, 'reading.progress')
  const feeds: Readonly<Record<string, Snapshot<ShelfRow> | Snapshot<ProgressRow>>> = {
    'recommend.home_shelf': shelves,
    'reading.progress': progress,
  }
  let turn: Promise<unknown> = Promise.resolve()

  const take = async (notification: Notification): Promise<void> => {
    const feed = feeds[notification.data.table] as Snapshot<ByReader> | undefined
    if (feed === undefined || !feed.isNews(notification)) return
    try {
      await feed.replace(notification, readFeed<ByReader>(notification, { token }))
    } catch (error) {
      // Replaced by a newer snapshot meanwhile, whose notification is on its way.
      if (!(error instanceof NacreError && error.code === 'NACRE_NOT_FOUND')) throw error
    }
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '/', 'http://home')
    if (request.method === 'POST' && pathname === '/ready') {
      const body = await readBody(request)
      const notification = verifySignature(body, request.headers['nacre-signature']?.toString(), secret)
      turn = turn.catch(() => undefined).then(() => take(notification))
      await turn
      response.writeHead(204).end()
    } else if (request.method === 'GET' && pathname.startsWith('/home/')) {
      const home = homeOf(decodeURIComponent(pathname.slice('/home/'.length)), shelves, progress)
      if (request.headers.accept?.includes('text/html')) {
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(homePage(home))
      } else {
        sendJson(response, home.shelves.length === 0 ? 404 : 200, home)
      }
    } else sendJson(response, 404, { error: 'Ask for /home/<reader>.' })
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: Error) => {
      const refused = error instanceof NacreError && error.code === 'NACRE_NOT_ALLOWED'
      sendJson(response, refused ? 403 : 500, { error: error.message })
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const address = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await turn.catch(() => undefined)
    },
  }
}

function homeOf(reader: string, shelves: Snapshot<ShelfRow>, progress: Snapshot<ProgressRow>): Home {
  const percents = new Map(progress.of(reader).map(({ edition, percent }) => [edition, percent]))
  const rows = shelves.of(reader).toSorted((a, b) => a.shelf_rank - b.shelf_rank || a.rank - b.rank)
  return {
    reader,
    shelves: Object.entries(Object.groupBy(rows, ({ shelf }) => shelf)).map(([title, some]): Shelf => ({
      title,
      books: some!.map(({ edition, title: name, author, reason }) => ({
        edition,
        title: name,
        author,
        reason,
        percent: percents.get(edition) ?? null,
      })),
    })),
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if ((size += chunk.length) > bodyLimit) throw new Error(`A notification has at most ${bodyLimit} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function sendJson(response: ServerResponse, status: number, content: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  response.end(`${JSON.stringify(content)}\n`)
}
