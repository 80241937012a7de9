import type { ReactNode } from 'react'
import type { DeliveryInfo, FeedDetail, PublicationInfo } from '../../src/server/contract.ts'
import { formatBytes, formatCount, formatNoun } from '../format/format-number.ts'
import { formatDuration } from '../format/format-time.ts'
import { CappedList } from '../parts/capped-list.tsx'
import { Icon } from '../parts/icon.tsx'
import { RelativeTime } from '../parts/time.tsx'
import type { ReplayChoice } from './replay-dialog.tsx'

interface FeedPublicationsProps {
  readonly detail: FeedDetail
  readonly replay: (choice: ReplayChoice) => void
}

/** Each snapshot on its way to consumers; one opens to show its files and deliveries. */
export function FeedPublications({ detail, replay }: FeedPublicationsProps): ReactNode {
  const { publications } = detail
  if (publications.length === 0)
    return <p className="quiet">Nothing yet: the first commit of the table is published.</p>
  return (
    <CappedList items={publications} step={10} noun="publication">
      {(shown) => (
        <ol className="publications">
          {shown.map((publication) => (
            <li key={publication.publication}>
              <Publication publication={publication} replay={replay} />
            </li>
          ))}
        </ol>
      )}
    </CappedList>
  )
}

function Publication({
  publication,
  replay,
}: {
  readonly publication: PublicationInfo
  readonly replay: FeedPublicationsProps['replay']
}): ReactNode {
  const { snapshotId, state, committedAt, exportedAt, error, published, deliveries } = publication
  return (
    <details>
      <summary>
        <Icon name="right" />
        <code className="publication-id">{snapshotId}</code>
        <span>
          {published === null ? (
            <span className="soft">{states[state]}</span>
          ) : (
            `${formatNoun(published.rows, 'row')}, ${formatBytes(published.sizeBytes)}`
          )}
          {published?.content === 'changed-partitions' ? (
            <span className="tag">changed partitions</span>
          ) : null}
          {state === 'removed' ? <span className="tag">files swept</span> : null}
          {state === 'withdrawn' ? <span className="tag">withdrawn</span> : null}
        </span>
        <Told deliveries={deliveries} />
        <span className="soft right">
          <RelativeTime at={committedAt} />
        </span>
      </summary>
      <div className="publication-body">
        {error === null ? null : <p className="bad">{error}</p>}
        <p className="soft">
          {exportedAt === null
            ? states[state]
            : `Published ${formatDuration(Math.max(0, Date.parse(exportedAt) - Date.parse(committedAt)))} after the commit, contract ${published?.schemaVersion ?? '–'}.`}
        </p>
        {deliveries.length === 0 ? null : <Deliveries deliveries={deliveries} committedAt={committedAt} />}
        {published === null || published.parts.length === 0 ? null : <Files parts={published.parts} />}
        {published === null || state === 'lost' || state === 'withdrawn' ? null : (
          <button type="button" className="button" onClick={() => replay({ snapshotId })}>
            Send again
          </button>
        )}
      </div>
    </details>
  )
}

const states: Readonly<Record<PublicationInfo['state'], string>> = {
  waiting: 'waits for its export',
  exported: 'published',
  removed: 'published, files swept',
  lost: 'expired before it was exported',
  withdrawn: 'withdrawn: its rows were erased',
}

function Told({ deliveries }: { readonly deliveries: readonly DeliveryInfo[] }): ReactNode {
  const count = (state: DeliveryInfo['state']): number =>
    deliveries.filter((each) => each.state === state).length
  const asked = deliveries.length - count('skipped')
  if (asked === 0) return <span className="soft">{deliveries.length === 0 ? 'no route' : 'skipped'}</span>
  const dead = count('dead')
  if (dead > 0) return <span className="badge tone-bad">{formatNoun(dead, 'route')} gave up</span>
  if (count('delivered') < asked)
    return <span className="badge tone-busy">{`told ${count('delivered')} of ${asked}`}</span>
  return <span className="badge tone-good">all told</span>
}

function Deliveries({
  deliveries,
  committedAt,
}: {
  readonly deliveries: readonly DeliveryInfo[]
  readonly committedAt: string
}): ReactNode {
  return (
    <table className="list stack">
      <thead>
        <tr>
          <th scope="col">Route</th>
          <th scope="col">Outcome</th>
          <th scope="col" className="right">
            After
          </th>
          <th scope="col" className="right">
            Attempts
          </th>
        </tr>
      </thead>
      <tbody>
        {deliveries.map(({ route, state, attempts, replays, error, nextAttemptAt, settledAt }) => (
          <tr key={route}>
            <td className="cell-main">
              <span className="name">{route}</span>
              {replays === 0 ? null : <span className="tag">sent again {formatNoun(replays, 'time')}</span>}
              {error === null || state === 'delivered' ? null : (
                <p className={state === 'skipped' ? 'soft' : 'bad'}>{error}</p>
              )}
            </td>
            <td data-label="Outcome">
              {outcomes[state]}
              {state === 'waiting' && nextAttemptAt !== null ? (
                <span className="soft">
                  , next <RelativeTime at={nextAttemptAt} />
                </span>
              ) : null}
            </td>
            <td data-label="After" className="right number">
              {state === 'delivered' && settledAt !== null && replays === 0
                ? formatDuration(Math.max(0, Date.parse(settledAt) - Date.parse(committedAt)))
                : '–'}
            </td>
            <td data-label="Attempts" className="right number">
              {formatCount(attempts)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const outcomes: Readonly<Record<DeliveryInfo['state'], string>> = {
  waiting: 'on its way',
  delivered: 'delivered',
  skipped: 'skipped',
  dead: 'given up',
}

function Files({ parts }: { readonly parts: NonNullable<PublicationInfo['published']>['parts'] }): ReactNode {
  return (
    <CappedList items={parts} step={5} noun="file">
      {(shown) => (
        <table className="list stack">
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col" className="right">
                Rows
              </th>
              <th scope="col" className="right">
                Size
              </th>
              <th scope="col">SHA-256</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ name, rows, sizeBytes, sha256 }) => (
              <tr key={name}>
                <td className="cell-main">
                  <code>{name}</code>
                </td>
                <td data-label="Rows" className="right number">
                  {formatCount(rows)}
                </td>
                <td data-label="Size" className="right number">
                  {formatBytes(sizeBytes)}
                </td>
                <td data-label="SHA-256">
                  <code className="checksum" title={sha256}>
                    {sha256.slice(0, 16)}…
                  </code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </CappedList>
  )
}
