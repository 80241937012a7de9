import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { RegisteredReader, TableDetail } from '../../src/server/contract.ts'
import { actions } from '../api/actions.ts'
import { queries } from '../api/queries.ts'
import { mayChange } from '../format/describe-table.ts'
import { formatNoun } from '../format/format-number.ts'
import { ConfirmDialog } from '../parts/confirm-dialog.tsx'
import { Panel } from '../parts/panel.tsx'
import { RelativeTime } from '../parts/time.tsx'

/** Services that read on from snapshot to snapshot, and how far behind they are. */
export function RegisteredReaders({
  detail: { table, registered },
}: {
  readonly detail: TableDetail
}): ReactNode {
  const session = useQuery(queries.session())
  const client = useQueryClient()
  const [asked, setAsked] = useState<RegisteredReader | null>(null)
  const isEditor = mayChange(session.data, table)
  return (
    <Panel title="Registered readers" note="hold back expiry" flush>
      <ul className="rows">
        {registered.map((reader) => (
          <li key={reader.reader} className="row">
            <span className="row-main">
              <span className="name">{reader.reader}</span>
              <span className="soft">
                <Progress reader={reader} />
              </span>
            </span>
            {isEditor && !reader.isOfPlatform ? (
              <button
                type="button"
                className="button"
                aria-label={`Drop ${reader.reader}`}
                onClick={() => setAsked(reader)}
              >
                Drop
              </button>
            ) : null}
          </li>
        ))}
      </ul>
      {asked === null ? null : (
        <ConfirmDialog
          title={`Drop the reader ${asked.reader}?`}
          confirm="Drop it"
          danger
          onClose={() => setAsked(null)}
          onConfirm={() =>
            actions
              .dropReader(table.name, asked.reader)
              .then(() => client.invalidateQueries({ queryKey: ['tables'] }))
          }
        >
          <p>
            Snapshots that it has yet to read may then expire. If the service still runs, it must read the
            whole table anew.
          </p>
        </ConfirmDialog>
      )}
    </Panel>
  )
}

function Progress({ reader: { at, behind } }: { readonly reader: RegisteredReader }): ReactNode {
  if (behind === 0) return 'has read all of it'
  return (
    <>
      {behind === null ? 'must begin anew' : `${formatNoun(behind, 'commit')} behind`}
      {at === null ? null : (
        <>
          , since <RelativeTime at={at} />
        </>
      )}
    </>
  )
}
