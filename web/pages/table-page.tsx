import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components/Tabs'
import { Link, useParams, useSearchParams } from 'wouter'
import type { TableDetail } from '../../src/server/contract.ts'
import { queries } from '../api/queries.ts'
import { formatBytes, formatCount, formatNoun } from '../format/format-number.ts'
import { formatDuration } from '../format/format-time.ts'
import { CappedList } from '../parts/capped-list.tsx'
import { Facts } from '../parts/facts.tsx'
import { JobLink } from '../parts/job-link.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Empty } from '../parts/messages.tsx'
import { Page } from '../parts/page.tsx'
import { ResultGrid } from '../parts/result-grid.tsx'
import { SnapshotChange } from '../parts/snapshot-change.tsx'
import { RelativeTime } from '../parts/time.tsx'
import { SchemaTable } from './schema-table.tsx'

export default function TablePage(): ReactNode {
  const { name = '' } = useParams()
  const table = useQuery(queries.table(name))
  return (
    <Page
      title={name}
      above={<Link href="/tables">Tables</Link>}
      lead={table.data?.table.properties['comment']}
      actions={
        <Link className="button" href={`/sql?q=${encodeURIComponent(`select *\nfrom ${name}\nlimit 100`)}`}>
          Query it
        </Link>
      }
    >
      <Loaded query={table}>{(detail) => <TableParts detail={detail} />}</Loaded>
    </Page>
  )
}

function TableParts({ detail }: { readonly detail: TableDetail }): ReactNode {
  const { table, snapshots, writers, readers, isFeed } = detail
  const [parameters, setParameters] = useSearchParams()
  return (
    <>
      <div className="fact-band">
        <Facts
          facts={[
            ['Rows', formatCount(table.rows)],
            ['Size', `${formatBytes(table.sizeBytes)} in ${formatNoun(table.files, 'file')}`],
            [
              'Fresh',
              table.current === null ? 'no commit yet' : <RelativeTime at={table.current.committedAt} />,
            ],
            [
              'Written by',
              writers.length === 0
                ? table.name.startsWith('events.')
                  ? 'the collector'
                  : 'no job'
                : writers.map((job) => <JobLink key={job} name={job} />),
            ],
            [
              'Read by',
              readers.length === 0 ? 'no job' : readers.map((job) => <JobLink key={job} name={job} />),
            ],
            ['Team', table.properties['nacre.team']],
            ['Owner', table.properties['nacre.owner']],
            ['Feed', isFeed ? <Link href="/feeds">published</Link> : null],
          ]}
        />
      </div>
      <Tabs
        className="tabs"
        selectedKey={parameters.get('show') ?? 'schema'}
        onSelectionChange={(key) => setParameters({ show: String(key) }, { replace: true })}
      >
        <TabList aria-label="About the table" className="tab-list">
          <Tab id="schema">Schema</Tab>
          <Tab id="preview">Preview</Tab>
          <Tab id="snapshots">Snapshots</Tab>
          <Tab id="properties">Properties</Tab>
        </TabList>
        <TabPanel id="schema" className="panel panel-flush">
          <SchemaTable table={table} />
        </TabPanel>
        <TabPanel id="preview" className="panel panel-flush">
          <Preview name={table.name} total={table.rows} />
        </TabPanel>
        <TabPanel id="snapshots" className="panel panel-flush">
          <Snapshots snapshots={snapshots} />
        </TabPanel>
        <TabPanel id="properties" className="panel">
          <Facts
            facts={[
              ['Location', <code>{table.location}</code>],
              ['UUID', <code>{table.uuid}</code>],
              ...Object.entries(table.properties).map(([key, value]) => [key, <code>{value}</code>] as const),
            ]}
          />
        </TabPanel>
      </Tabs>
    </>
  )
}

function Preview({ name, total }: { readonly name: string; readonly total: number }): ReactNode {
  const preview = useQuery(queries.preview(name))
  return (
    <Loaded query={preview}>
      {({ columns, rows, elapsedMs }) =>
        rows.length === 0 ? (
          <Empty icon="tables" title="The table has no rows">
            <p>They appear with the first commit of what writes it.</p>
          </Empty>
        ) : (
          <>
            <ResultGrid label={`Rows of ${name}`} columns={columns} rows={rows} />
            <p className="grid-foot soft">
              {rows.length < total
                ? `The first ${formatCount(rows.length)} of ${formatNoun(total, 'row')}`
                : `All ${formatNoun(rows.length, 'row')}`}
              , in {formatDuration(elapsedMs)}
            </p>
          </>
        )
      }
    </Loaded>
  )
}

function Snapshots({ snapshots }: { readonly snapshots: TableDetail['snapshots'] }): ReactNode {
  if (snapshots.length === 0) return <p className="quiet">No commit yet.</p>
  return (
    <CappedList items={snapshots} step={20} noun="snapshot">
      {(shown) => (
        <ol className="timeline">
          {shown.map((snapshot, index) => (
            <li key={snapshot.snapshotId} className={`operation-${snapshot.summary['operation'] ?? 'other'}`}>
              <span className="timeline-main">
                <SnapshotChange snapshot={snapshot} />
                {index === 0 ? <span className="tag">current</span> : null}
                {snapshot.summary['nacre.run-id'] === undefined ? null : (
                  <Link href={`/runs/${snapshot.summary['nacre.run-id']}`}>
                    {snapshot.summary['nacre.job'] ?? 'its run'}
                  </Link>
                )}
              </span>
              <span className="soft">
                {snapshot.summary['total-records'] === undefined
                  ? null
                  : `${formatNoun(Number(snapshot.summary['total-records']), 'row')} · `}
                <RelativeTime at={snapshot.committedAt} />
              </span>
              <code className="timeline-id" title="Snapshot id">
                {snapshot.snapshotId}
              </code>
            </li>
          ))}
        </ol>
      )}
    </CappedList>
  )
}
