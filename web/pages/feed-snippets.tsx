import type { ReactNode } from 'react'
import type { FeedDetail } from '../../src/server/contract.ts'
import { CopyButton } from '../parts/copy-button.tsx'

/** How another service takes the feed, to copy. */
export function FeedSnippets({ detail: { feed, content } }: { readonly detail: FeedDetail }): ReactNode {
  const url = location.origin
  const snippets: readonly (readonly [tool: string, text: string])[] = [
    ['TypeScript', content === 'none' ? listen(url, feed.table) : consume(url, feed.table)],
    ['Any language', stream(url, feed.table)],
  ]
  return (
    <>
      {snippets.map(([tool, text]) => (
        <section key={tool} className="snippet panel panel-flush" aria-label={`Consume it: ${tool}`}>
          <header className="snippet-header">
            <h2>Consume it: {tool}</h2>
            <CopyButton text={() => text} />
          </header>
          <pre className="code" tabIndex={0} aria-label={`${tool} snippet`}>
            {text}
          </pre>
        </section>
      ))}
    </>
  )
}

function consume(url: string, table: string): string {
  return `import { consumeFeed } from 'nacre/consume'

await consumeFeed({
  url: '${url}',
  token: process.env.NACRE_TOKEN,
  feed: '${table}',
  store: './feed-state',
}, async ({ batches }) => {
  for await (const rows of batches) {
    await save(rows)
  }
})`
}

function listen(url: string, table: string): string {
  return `import { consumeFeed } from 'nacre/consume'

await consumeFeed({
  url: '${url}',
  token: process.env.NACRE_TOKEN,
  feed: '${table}',
  store: './feed-state',
}, async ({ notification }) => {
  await refresh(notification.data.catalog)
})`
}

function stream(url: string, table: string): string {
  return `curl -N -H "Authorization: Bearer $NACRE_TOKEN" \\
  '${url}/api/v1/feeds/events?feed=${table}'`
}
