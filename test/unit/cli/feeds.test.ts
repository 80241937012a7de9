import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiClient } from '../../../src/cli/api-client.ts'
import type { CommandContext } from '../../../src/cli/command.ts'
import { feedsCommand } from '../../../src/cli/commands/feeds.ts'
import type { FeedDetail, FeedInfo } from '../../../src/server/contract.ts'

const route = 'webhook env:MAIL_URL'
const feed: FeedInfo = {
  table: 'home.shelves',
  doc: 'What stands on Home.',
  state: 'failing',
  latest: { snapshotId: '12', rows: 1200, sizeBytes: 4096, publishedAt: '2026-01-05T00:00:01Z', lagMs: 320 },
  pending: 1,
  failing: null,
  routes: [
    {
      route,
      delivered: 11,
      lastDeliveredAt: '2026-01-05T00:00:02Z',
      lagMs: 1450,
      waiting: 1,
      dead: 1,
      failing: 'The receiver answered 503.',
      skipped: null,
    },
  ],
}
const detail: FeedDetail = {
  feed,
  content: 'full',
  codec: 'deflate',
  contract: { compatibility: 'full', version: 1, versions: [] },
  publications: [
    {
      publication: 1,
      snapshotId: '12',
      sequenceNumber: 12,
      state: 'exported',
      committedAt: '2026-01-05T00:00:00.680Z',
      exportedAt: '2026-01-05T00:00:01Z',
      error: null,
      published: { rows: 1200, sizeBytes: 4096, content: 'full', schemaVersion: '1.0', parts: [] },
      deliveries: [
        {
          route,
          state: 'dead',
          attempts: 100,
          replays: 0,
          error: 'The receiver answered 503.',
          nextAttemptAt: null,
          settledAt: '2026-01-06T00:00:00Z',
        },
      ],
    },
  ],
  readers: [{ name: 'mail', via: 'sse' }],
}

async function run(
  positionals: string[],
  flags: CommandContext['flags'] = {},
): Promise<{ text: string; sent: unknown[] }> {
  const lines: string[] = []
  const sent: unknown[] = []
  const client = {
    get: async (path: string) => (path === 'feeds' ? [feed] : detail),
    send: async (...request: unknown[]) => {
      sent.push(request)
      return { snapshots: ['11', '12'], routes: [route], exportedAgain: ['11'] }
    },
  } as unknown as ApiClient
  const context = {
    positionals,
    flags,
    json: false,
    api: async () => client,
    print: (line: string) => lines.push(line),
  }
  await feedsCommand.run(context as unknown as CommandContext)
  return { text: lines.join('\n'), sent }
}

test('feeds are listed with lag, what waits and what was given up', async () => {
  const { text } = await run([])
  const [headings, line] = text.split('\n')
  assert.match(headings!, /FEED +STATE .* LAG +WAITING +DEAD +PROBLEM/)
  assert.match(
    line!,
    /home\.shelves +failing +1,200 .* webhook env:MAIL_URL +11 .* 1\.4 s +1 +1 +The receiver answered 503\./,
  )
})

test('one feed is shown with its troubles and what to do', async () => {
  const { text } = await run(['home.shelves'])
  assert.match(text, /readers +mail \(sse\)/)
  assert.match(text, /12 +exported .* 320 ms +1,200 +4\.0 KiB .* 0 of 1, 1 given up/)
  assert.match(text, /given up +100 +The receiver answered 503\./)
  assert.match(text, /nacre feeds replay home\.shelves --dead/)
})

test('a replay says what is on its way, and asks for one choice', async () => {
  const { text, sent } = await run(['replay', 'home.shelves'], { since: '11', route })
  assert.deepEqual(sent, [['POST', 'feeds/home.shelves/replay', { since: '11', route }]])
  assert.equal(text, `2 on their way again to ${route}; the files of 1 are exported anew first.`)
  await assert.rejects(run(['replay', 'home.shelves']), { code: 'NACRE_USAGE' })
  await assert.rejects(run(['replay', 'home.shelves'], { since: '1', dead: true }), { code: 'NACRE_USAGE' })
  await assert.rejects(run(['replay']), { code: 'NACRE_USAGE' })
})
