import type { ReactNode } from 'react'
import type { FeedDetail } from '../../src/server/contract.ts'
import { Panel } from '../parts/panel.tsx'
import { RelativeTime } from '../parts/time.tsx'

/** What consumers may rely on: the fields of the newest version, and how it came about. */
export function FeedContract({ contract }: { readonly contract: FeedDetail['contract'] }): ReactNode {
  const [newest] = contract.versions
  return (
    <Panel title="Contract" note={promises[contract.compatibility]} flush>
      {newest === undefined ? (
        <p className="quiet">It is made of the table's columns when the feed is first published.</p>
      ) : (
        <>
          <table className="list stack">
            <thead>
              <tr>
                <th scope="col">Field</th>
                <th scope="col">Avro type</th>
                <th scope="col">Meaning</th>
              </tr>
            </thead>
            <tbody>
              {newest.fields.map(({ name, type, nullable, doc }) => (
                <tr key={name}>
                  <td className="cell-main">
                    <span className="name">{name}</span>
                  </td>
                  <td data-label="Avro type">
                    <code>{type}</code>
                    {nullable ? <span className="soft"> or null</span> : null}
                  </td>
                  <td data-label="Meaning" className={doc === null ? 'soft' : undefined}>
                    {doc ?? '–'}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <ol className="contract-versions">
            {contract.versions.map(({ version, fingerprint, sinceSnapshotId, createdAt, changes }) => (
              <li key={version}>
                <span className="tag" title={`SHA-256 of the schema: ${fingerprint}`}>
                  {version}
                </span>
                <div>
                  <p>{changes.length === 0 ? 'the first' : changes.join('; ')}</p>
                  <p className="soft">
                    since snapshot <code>{sinceSnapshotId}</code>, <RelativeTime at={createdAt} />
                  </p>
                </div>
              </li>
            ))}
          </ol>
        </>
      )}
    </Panel>
  )
}

const promises: Readonly<Record<FeedDetail['contract']['compatibility'], string>> = {
  full: 'full: columns may be added, none lost or changed',
  forward: 'forward: those on an older schema read new files',
  backward: 'backward: those on the newest schema read old files',
  none: 'none: nothing is promised',
}
