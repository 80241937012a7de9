import type { FeedInfo } from '../../server/index.ts'
import type { Command } from '../command.ts'
import { formatAgo, textTable } from '../text-table.ts'

export const feedsCommand: Command = {
  name: 'feeds',
  summary: 'List feeds: what was published, to whom, when.',
  usage: '',
  flags: {},
  async run({ api, json, print }) {
    const feeds = await (await api()).get<readonly FeedInfo[]>('feeds')
    if (json) return print(JSON.stringify(feeds))
    print(
      textTable(
        ['FEED', 'ROWS', 'PUBLISHED', 'PENDING', 'ROUTE', 'DELIVERED', 'LAST', 'PROBLEM'],
        feeds.flatMap((feed) =>
          feed.routes.map((route) => [
            feed.table,
            feed.latest?.rows ?? null,
            formatAgo(feed.latest?.publishedAt ?? null),
            feed.pending,
            route.route,
            route.delivered,
            formatAgo(route.lastDeliveredAt),
            route.failing ?? '',
          ]),
        ),
      ),
    )
  },
}
