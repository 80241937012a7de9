import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Link, useParams } from 'wouter'
import type { FeedDetail } from '../../src/server/contract.ts'
import { queries } from '../api/queries.ts'
import { formatBytes, formatNoun } from '../format/format-number.ts'
import { formatDuration } from '../format/format-time.ts'
import { Facts } from '../parts/facts.tsx'
import { FeedBadge } from '../parts/feed-badge.tsx'
import { Icon } from '../parts/icon.tsx'
import { TableLink } from '../parts/job-link.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { ErrorBox } from '../parts/messages.tsx'
import { Page } from '../parts/page.tsx'
import { Panel } from '../parts/panel.tsx'
import { RelativeTime } from '../parts/time.tsx'
import { FeedContract } from './feed-contract.tsx'
import { FeedPublications } from './feed-publications.tsx'
import { FeedRoutes } from './feed-routes.tsx'
import { FeedSnippets } from './feed-snippets.tsx'
import { ReplayDialog, type ReplayChoice } from './replay-dialog.tsx'

export default function FeedPage(): ReactNode {
  const { table = '' } = useParams()
  const feed = useQuery(queries.feed(table))
  const [choice, setChoice] = useState<ReplayChoice | null>(null)
  const latest = feed.data?.feed.latest
  return (
    <Page
      title={table}
      above={<Link href="/feeds">Feeds</Link>}
      lead={feed.data?.feed.doc}
      actions={
        latest == null ? undefined : (
          <button
            type="button"
            className="button"
            onClick={() => setChoice({ snapshotId: latest.snapshotId })}
          >
            <Icon name="play" /> Send the newest again
          </button>
        )
      }
    >
      <Loaded query={feed}>{(detail) => <FeedParts detail={detail} replay={setChoice} />}</Loaded>
      {choice === null || feed.data === undefined ? null : (
        <ReplayDialog detail={feed.data} choice={choice} onClose={() => setChoice(null)} />
      )}
    </Page>
  )
}

interface PartsProps {
  readonly detail: FeedDetail
  readonly replay: (choice: ReplayChoice) => void
}

function FeedParts({ detail, replay }: PartsProps): ReactNode {
  const { feed, content, contract, readers } = detail
  const { latest } = feed
  return (
    <>
      {feed.failing === null ? null : (
        <ErrorBox title="Nothing is published until this is solved" message={feed.failing} />
      )}
      <div className="fact-band">
        <Facts
          facts={[
            ['State', <FeedBadge state={feed.state} />],
            ['Last published', latest === null ? 'nothing yet' : <RelativeTime at={latest.publishedAt} />],
            ['Commit to publication', latest === null ? null : formatDuration(Math.max(0, latest.lagMs))],
            [
              'Holds',
              latest === null
                ? null
                : `${formatNoun(latest.rows, 'row')}${content === 'none' ? '' : `, ${formatBytes(latest.sizeBytes)}`}`,
            ],
            ['Publishes', contents[content]],
            ['Contract', contract.versions[0]?.version ?? 'from the first publication on'],
            ['Table', <TableLink name={feed.table} />],
            [
              'Listens now',
              readers.length === 0
                ? 'nobody'
                : readers
                    .map(({ name, via }) => `${name} (${via === 'sse' ? 'stream' : 'in process'})`)
                    .join(', '),
            ],
          ]}
        />
      </div>
      <div className="columns columns-facts">
        <div className="column">
          <Panel title="Publications" note="newest first" flush>
            <FeedPublications detail={detail} replay={replay} />
          </Panel>
          <FeedContract contract={contract} />
          <FeedSnippets detail={detail} />
        </div>
        <div className="column">
          <Panel title="Routes">
            <FeedRoutes feed={feed} replay={replay} />
          </Panel>
        </div>
      </div>
    </>
  )
}

const contents: Readonly<Record<FeedDetail['content'], string>> = {
  full: 'every row of each snapshot',
  'changed-partitions': 'partitions that changed',
  none: 'no files: consumers read the table',
}
