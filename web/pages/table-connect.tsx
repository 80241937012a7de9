import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { queries } from '../api/queries.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { PastNote } from './table-preview.tsx'

/** How to read the table from elsewhere. */
export function TableConnect({
  name,
  snapshotId,
}: {
  readonly name: string
  readonly snapshotId: string | null
}): ReactNode {
  const snippets = useQuery(queries.snippets(name, snapshotId))
  return (
    <>
      {snapshotId === null ? null : <PastNote table={name} snapshotId={snapshotId} view="connect" />}
      <p className="soft">
        Any engine that speaks the Iceberg REST catalog reads and writes this table. Put a token where{' '}
        <code>&lt;token&gt;</code> stands; <code>nacre tokens create &lt;name&gt;</code> makes one.
      </p>
      <Loaded query={snippets}>
        {(all) =>
          all.map(({ tool, text }) => (
            <section key={tool} className="snippet panel panel-flush" aria-label={tool}>
              <header className="snippet-header">
                <h2>{tool}</h2>
                <CopyButton text={() => text} />
              </header>
              <pre className="code" tabIndex={0} aria-label={`${tool} snippet`}>
                {text}
              </pre>
            </section>
          ))
        }
      </Loaded>
    </>
  )
}
