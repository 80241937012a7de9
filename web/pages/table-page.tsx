import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components/Tabs'
import { Link, useParams, useSearchParams } from 'wouter'
import type { TableDetail } from '../../src/server/contract.ts'
import { queries } from '../api/queries.ts'
import { formatBytes, formatCount, formatNoun } from '../format/format-number.ts'
import { Facts } from '../parts/facts.tsx'
import { Freshness } from '../parts/freshness.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { TableMarks } from '../parts/table-marks.tsx'
import { TableColumns } from './table-columns.tsx'
import { TableConnect } from './table-connect.tsx'
import { TableFiles } from './table-files.tsx'
import { TableOverview } from './table-overview.tsx'
import { TablePreview } from './table-preview.tsx'
import { TableSnapshots } from './table-snapshots.tsx'

export default function TablePage(): ReactNode {
  const { name = '' } = useParams()
  const table = useQuery(queries.table(name))
  return (
    <Page
      title={name}
      above={<Link href="/tables">Tables</Link>}
      lead={table.data?.table.doc}
      actions={
        <Link className="button" href={`/sql?q=${encodeURIComponent(`select *\nfrom ${name}\nlimit 100`)}`}>
          Query it
        </Link>
      }
    >
      <Loaded query={table}>{(detail) => <TableViews key={name} detail={detail} />}</Loaded>
    </Page>
  )
}

function TableViews({ detail }: { readonly detail: TableDetail }): ReactNode {
  const { table, partitioning, snapshotCount } = detail
  const [parameters, setParameters] = useSearchParams()
  const view = parameters.get('view') ?? 'overview'
  return (
    <>
      <div className="fact-band">
        <Facts
          facts={[
            ['Rows', <span className="figure-small">{formatCount(table.rows)}</span>],
            [
              'Size',
              <>
                <span className="figure-small">
                  {table.sizeBytes === null ? '–' : formatBytes(table.sizeBytes)}
                </span>
                <span className="soft">{formatNoun(table.files, 'file')}</span>
              </>,
            ],
            ['Fresh', <Freshness table={table} />],
            ['Partitioned', partitioning.length === 0 ? null : partitioning.join(', ')],
            ['Owner', table.owner ?? table.team],
            ['Marks', hasMarks(table) ? <TableMarks table={table} /> : null],
          ]}
        />
      </div>
      <Tabs
        className="tabs"
        selectedKey={view}
        onSelectionChange={(key) => setParameters({ view: String(key) }, { replace: true })}
      >
        <TabList aria-label="About the table" className="tab-list">
          <Tab id="overview">Overview</Tab>
          <Tab id="columns">
            Columns <TabCount count={table.schema.fields.length} />
          </Tab>
          <Tab id="snapshots">
            Snapshots <TabCount count={snapshotCount} />
          </Tab>
          <Tab id="files">
            Files <TabCount count={table.files} />
          </Tab>
          <Tab id="preview">Preview</Tab>
          <Tab id="connect">Connect</Tab>
        </TabList>
        <TabPanel id="overview">
          <TableOverview detail={detail} />
        </TabPanel>
        <TabPanel id="columns" className="tab-content">
          <TableColumns detail={detail} />
        </TabPanel>
        <TabPanel id="snapshots" className="tab-content">
          <TableSnapshots detail={detail} />
        </TabPanel>
        <TabPanel id="files">
          <TableFiles table={table} />
        </TabPanel>
        <TabPanel id="preview" className="tab-content">
          <TablePreview table={table} snapshotId={parameters.get('at')} />
        </TabPanel>
        <TabPanel id="connect" className="tab-content">
          <TableConnect name={table.name} snapshotId={parameters.get('at')} />
        </TabPanel>
      </Tabs>
    </>
  )
}

function TabCount({ count }: { readonly count: number }): ReactNode {
  return <span className="tab-count">{formatCount(count)}</span>
}

function hasMarks({ isFeed, personal, origin }: TableDetail['table']): boolean {
  return isFeed || personal.length > 0 || origin === 'outside'
}
