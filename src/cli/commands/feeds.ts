import { NacreError } from '../../base/index.ts'
import type { FeedDetail, FeedInfo, PublicationInfo, ReplayAnswer } from '../../server/index.ts'
import { textFlag, type Command, type CommandContext } from '../command.ts'
import { formatAgo, formatBytes, formatDuration, textTable } from '../text-table.ts'

export const feedsCommand: Command = {
  name: 'feeds',
  summary: 'List feeds, show one with who was told what and when, or send notifications again.',
  usage: '[<feed>] | replay <feed>',
  help: `'nacre feeds' lists all, 'nacre feeds <feed>' shows publications, deliveries, dead letters, contract and readers of one.
'nacre feeds replay <feed>' sends notifications again, and exports their files anew where these were swept.`,
  flags: {
    snapshot: { type: 'string', value: 'ID', help: 'With replay: that of this snapshot.' },
    since: { type: 'string', value: 'ID', help: 'With replay: that of this snapshot and all after it.' },
    dead: { type: 'boolean', help: 'With replay: all that were given up.' },
    route: {
      type: 'string',
      value: 'ROUTE',
      help: "With replay: only on this route, named as 'nacre feeds' does.",
    },
  },
  async run(context) {
    const [first, second] = context.positionals
    if (first === undefined) return listFeeds(context)
    return first === 'replay' ? replayFeed(context, second) : showFeed(context, first)
  },
}

async function listFeeds({ api, json, print }: CommandContext): Promise<void> {
  const feeds = await (await api()).get<readonly FeedInfo[]>('feeds')
  if (json) return print(JSON.stringify(feeds))
  print(
    textTable(
      [
        'FEED',
        'STATE',
        'ROWS',
        'PUBLISHED',
        'ROUTE',
        'DELIVERED',
        'LAST',
        'LAG',
        'WAITING',
        'DEAD',
        'PROBLEM',
      ],
      feeds.flatMap((feed) => {
        const own = [
          feed.table,
          feed.state,
          feed.latest?.rows ?? null,
          formatAgo(feed.latest?.publishedAt ?? null),
        ]
        if (feed.routes.length === 0)
          return [[...own, null, null, null, lagText(feed.latest?.lagMs), null, null, feed.failing]]
        return feed.routes.map((route) => [
          ...own,
          route.route,
          route.delivered,
          formatAgo(route.lastDeliveredAt),
          lagText(route.lagMs),
          route.waiting,
          route.dead,
          feed.failing ?? route.failing ?? route.skipped ?? '',
        ])
      }),
    ),
  )
}

async function showFeed({ api, json, print }: CommandContext, table: string): Promise<void> {
  const detail = await (await api()).get<FeedDetail>(`feeds/${encodeURIComponent(table)}`)
  if (json) return print(JSON.stringify(detail))
  const { feed, contract, publications, readers } = detail
  print(`${table}: ${feed.state}${feed.doc === null ? '' : `\n${feed.doc}`}`)
  if (feed.failing !== null) print(`problem     ${feed.failing}`)
  print(`publishes   ${contents[detail.content]}, codec ${detail.codec}`)
  print(
    `contract    ${contract.versions[0]?.version ?? `${contract.version}, nothing published yet`}, ${contract.compatibility} compatibility`,
  )
  print(`readers     ${readers.map(({ name, via }) => `${name} (${via})`).join(', ') || 'none listens now'}`)
  print('')
  print(
    textTable(
      ['SNAPSHOT', 'STATE', 'COMMITTED', 'LAG', 'ROWS', 'SIZE', 'FILES', 'CONTRACT', 'TOLD'],
      publications
        .slice(0, 10)
        .map((publication) => [
          publication.snapshotId,
          publication.state,
          formatAgo(publication.committedAt),
          publication.exportedAt === null
            ? null
            : lagText(Date.parse(publication.exportedAt) - Date.parse(publication.committedAt)),
          publication.published?.rows ?? null,
          publication.published === null ? null : formatBytes(publication.published.sizeBytes),
          publication.published?.parts.length ?? null,
          publication.published?.schemaVersion ?? null,
          toldText(publication),
        ]),
    ),
  )
  const troubles = publications.flatMap(({ snapshotId, deliveries }) =>
    deliveries
      .filter(({ state, error }) => state === 'dead' || (state === 'waiting' && error !== null))
      .map((delivery) => [
        snapshotId,
        delivery.route,
        delivery.state === 'dead' ? 'given up' : `again ${formatAgo(delivery.nextAttemptAt)}`,
        delivery.attempts,
        delivery.error,
      ]),
  )
  if (troubles.length === 0) return
  print('')
  print(textTable(['SNAPSHOT', 'ROUTE', 'NOW', 'ATTEMPTS', 'PROBLEM'], troubles))
  if (troubles.some(([, , now]) => now === 'given up'))
    print(`\nOnce the receiver takes them: nacre feeds replay ${table} --dead`)
}

async function replayFeed(context: CommandContext, table: string | undefined): Promise<void> {
  const asked = {
    ...optional('snapshotId', textFlag(context, 'snapshot')),
    ...optional('since', textFlag(context, 'since')),
    ...(context.flags['dead'] === true ? { dead: true } : {}),
  }
  if (table === undefined || Object.keys(asked).length !== 1) {
    throw new NacreError(
      'NACRE_USAGE',
      "Write 'nacre feeds replay <feed>' with one of --snapshot, --since and --dead.",
    )
  }
  const body = { ...asked, ...optional('route', textFlag(context, 'route')) }
  const client = await context.api()
  const answer = await client.send<ReplayAnswer>('POST', `feeds/${encodeURIComponent(table)}/replay`, body)
  if (context.json) return context.print(JSON.stringify(answer))
  const { snapshots, routes, exportedAgain } = answer
  if (snapshots.length === 0 || routes.length === 0) return context.print('There is nothing to send again.')
  const files =
    exportedAgain.length === 0 ? '' : `; the files of ${exportedAgain.length} are exported anew first`
  context.print(`${snapshots.length} on their way again to ${routes.join(', ')}${files}.`)
}

const contents: Readonly<Record<FeedDetail['content'], string>> = {
  full: 'every row of each snapshot',
  'changed-partitions': 'the partitions that changed',
  none: 'no files, only that a snapshot is there',
}

/** `3 of 4, 1 given up` */
function toldText({ deliveries }: PublicationInfo): string {
  const count = (state: string): number => deliveries.filter((each) => each.state === state).length
  const sent = deliveries.length - count('skipped')
  if (sent === 0) return deliveries.length === 0 ? '–' : 'skipped'
  const dead = count('dead')
  return `${count('delivered')} of ${sent}${dead === 0 ? '' : `, ${dead} given up`}`
}

function lagText(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : formatDuration(Math.max(0, ms))
}

function optional<Name extends string>(name: Name, value: string | undefined): { [key in Name]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { [key in Name]: string })
}
