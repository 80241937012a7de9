import { setTimeout as sleep } from 'node:timers/promises'
import { Analytics } from '@segment/analytics-node'
import { verifySignature, type Notification } from '../../../src/publish/consume.ts'
import type { Overview, RunInfo } from '../../../src/server/contract.ts'
import { startReceiver, type Receiver } from '../../support/feed-world.ts'
import type { PlatformProcess } from '../../support/platform-process.ts'
import { until } from '../../support/platform-process.ts'

/** A small project that goes the whole way: events, a job per day, a job after it, a feed; and jobs that take their time. */
export const booksProject: Readonly<Record<string, string>> = {
  'nacre.config.ts': `import { existsSync } from 'node:fs'
import { after, app, day, event, feed, job, manual, on, sql, table, trackingPlan, Type, webhook } from 'nacre'

const opened = event('Book Opened', { version: '1-0-0', properties: Type.Object({ edition: Type.String() }) })
const daily = table('metrics.daily', {
  columns: { day: { type: 'date', required: true }, opens: 'long' }, partitionBy: [day('day')], key: ['day'],
})
const total = table('metrics.total', { columns: { days: 'long', opens: 'long' } })
const late = table('x.late', { columns: { n: 'long', text: 'string' } })
const small = { resources: { cpus: 0.5, memory: '256MiB' }, retries: { limit: 8, backoff: '100ms..1s' } }

const count = job('count', {
  ...small, trigger: on(opened.table), partitions: day({ from: '2026-01-01', perRun: 31 }),
  reads: { opened: opened.table }, writes: { daily },
  async run({ reads, writes, partition }) {
    await writes.daily.overwrite(partition, sql\`
      select cast(ts as date) as day, count(*) as opens from \${reads.opened} where \${partition.where('ts')} group by 1\`)
  },
})
const sum = job('sum', {
  ...small, trigger: after(count), reads: { daily }, writes: { total },
  async run({ reads, writes }) {
    await writes.total.replace(sql\`select count(*) as days, cast(sum(opens) as bigint) as opens from \${reads.daily}\`)
  },
})

export default app('books', {
  plan: trackingPlan({ events: [opened] }),
  jobs: [
    count,
    sum,
    job('patient', { ...small, trigger: manual(), async run({ log, signal, attempt }) {
      log.info('begun')
      if (attempt === 1) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    } }),
    job('stubborn', { ...small, trigger: manual(), async run({ log, attempt }) {
      log.info('begun')
      await new Promise((resolve) => setTimeout(resolve, 500))
      if (attempt === 1) for (;;);
    } }),
    job('never', { resources: { memory: '1024GiB' }, partitions: day({ from: '2001-01-01', perRun: 366 }), async run() {} }),
    job('late', { ...small, trigger: manual(), writes: { late }, async run({ writes, log }) {
      log.info('begun')
      while (!existsSync(process.env.JOB_GO)) await new Promise((resolve) => setTimeout(resolve, 50))
      await writes.late.append(sql\`select range as n, gen_random_uuid() as text from range(300000)\`)
    } }),
  ],
  feeds: [feed({ table: total, routes: [webhook({ url: 'env:RECEIVER_URL', secret: 'env:RECEIVER_SECRET' })] })],
})
`,
}

/** Sending under way. Disposing gives up on what is not acknowledged. */
export interface Sending extends Disposable {
  /** Message ids that were answered 200, with their day. */
  readonly acked: ReadonlyMap<string, string>
  /** Other answers, by status: the last of each. */
  readonly refusals: ReadonlyMap<number, { readonly retryAfter: string | null; readonly body: string }>
  /** Ends once all that was sent is acknowledged. */
  stop(): Promise<void>
}

/** Sends events one by one, each until it is acknowledged, as SDKs do; answers that are lost make duplicates. */
export function startSending({
  name,
  url,
  writeKey,
  days,
  pauseMs = 5,
}: {
  name: string
  url: string
  writeKey: string
  days: readonly string[]
  pauseMs?: number
}): Sending {
  const acked = new Map<string, string>()
  const refusals = new Map<number, { retryAfter: string | null; body: string }>()
  let stopped = false
  let givenUp = false
  const send = async (): Promise<void> => {
    for (let index = 0; !stopped; index++) {
      const messageId = `${name}-${index}`
      const day = days[index % days.length]!
      const body = JSON.stringify({
        writeKey,
        messageId,
        userId: name,
        type: 'track',
        event: 'Book Opened',
        timestamp: `${day}T12:00:00Z`,
        properties: { edition: 'e' },
      })
      for (;;) {
        const response = await fetch(`${url}/v1/track`, { method: 'POST', body }).catch(() => null)
        const answer = await response?.text().catch(() => '')
        if (response?.status === 200) break
        if (response !== null)
          refusals.set(response.status, {
            retryAfter: response.headers.get('retry-after'),
            body: answer ?? '',
          })
        if (givenUp) return
        await sleep(50)
      }
      acked.set(messageId, day)
      await sleep(pauseMs)
    }
  }
  const sending = send()
  return {
    acked,
    refusals,
    stop() {
      stopped = true
      return sending
    },
    [Symbol.dispose]() {
      stopped = true
      givenUp = true
    },
  }
}

/** Sends events by Segment's stock client, which knows nothing of the collector's troubles but what it is answered. */
export function startSegmentClient({
  name,
  url,
  writeKey,
  days,
}: {
  name: string
  url: string
  writeKey: string
  days: readonly string[]
}): Sending {
  const acked = new Map<string, string>()
  let givenUp = false
  const analytics = new Analytics({
    writeKey,
    host: url,
    flushAt: 5,
    flushInterval: 200,
    maxRetries: 1000,
    httpClient: async (address, init) => (givenUp ? new Response() : fetch(address, init)),
  })
  let sent = 0
  const timer = setInterval(() => {
    const day = days[sent % days.length]!
    const messageId = `${name}-${sent++}`
    analytics.track(
      {
        messageId,
        userId: name,
        event: 'Book Opened',
        timestamp: new Date(`${day}T12:00:00Z`),
        properties: { edition: 'e' },
      },
      // Called once its batch was answered or given up.
      (error) => {
        if (error === undefined) acked.set(messageId, day)
      },
    )
  }, 50)
  return {
    acked,
    refusals: new Map(),
    async stop() {
      clearInterval(timer)
      await analytics.closeAndFlush()
      if (acked.size !== sent) throw new Error(`the client gave up on ${sent - acked.size} events`)
    },
    [Symbol.dispose]() {
      clearInterval(timer)
      givenUp = true
    },
  }
}

/** Message ids that landed, sorted; with doubles if there were any. */
export async function landedIds(platform: PlatformProcess): Promise<readonly string[]> {
  const [row] = await platform.sql(
    "select string_agg(message_id, ' ' order by message_id) from events.book_opened",
  )
  const text = row?.[0]
  return typeof text === 'string' ? text.split(' ').toSorted() : []
}

/** Opens by day, as `metrics.daily` tells. */
export async function dailyOpens(platform: PlatformProcess): Promise<Record<string, number>> {
  const rows = await platform.sql('select cast(day as varchar), opens from metrics.daily order by 1')
  return Object.fromEntries(rows.map(([day, opens]) => [String(day), Number(opens)]))
}

/** Opens by day, as they were acknowledged. */
export function countByDay(acked: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const day of [...acked].toSorted()) counts[day] = (counts[day] ?? 0) + 1
  return counts
}

/** Waits until nothing is left to land, run or publish. */
export async function settled(platform: PlatformProcess, seconds = 120): Promise<void> {
  let quiet = 0
  await until(async () => {
    const { events, feeds, runs } = await platform.api.get<Overview>('overview')
    const retrying = await platform.api.get<readonly RunInfo[]>('runs?state=retrying')
    const left = events.backlogBytes + feeds.pending + runs.running.length + runs.queued + retrying.length
    quiet = left === 0 ? quiet + 1 : 0
    return quiet === 5 ? true : null
  }, seconds)
}

const secret = 'between us'

/** A service that hears of the feed. */
export interface FeedReceiver extends AsyncDisposable {
  /** For the platform. */
  readonly environment: Readonly<Record<string, string>>
  /** In the order of arrival, with repetitions; also those that it refused. */
  notifications(): readonly Notification[]
}

/** @param answer Status for the nth request; default 204. */
export async function startFeedReceiver(
  answer: (index: number) => number | undefined = () => 204,
): Promise<FeedReceiver> {
  const receiver: Receiver = await startReceiver((_request, index) => answer(index))
  return {
    environment: { RECEIVER_URL: receiver.url, RECEIVER_SECRET: secret },
    notifications: () =>
      receiver.requests.map(({ headers, body }) =>
        verifySignature(body, headers['nacre-signature'] as string | undefined, secret),
      ),
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  }
}
