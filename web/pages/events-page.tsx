import type { ReactNode } from 'react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components/Tabs'
import { useSearchParams } from 'wouter'
import { Page } from '../parts/page.tsx'
import { EventTail } from './event-tail.tsx'
import { RejectedEventsView } from './rejected-events-view.tsx'

export default function EventsPage(): ReactNode {
  const [parameters, setParameters] = useSearchParams()
  return (
    <Page title="Events" lead="What apps send, as it arrives.">
      <Tabs
        className="tabs"
        selectedKey={parameters.get('show') ?? 'live'}
        onSelectionChange={(key) => setParameters({ show: String(key) }, { replace: true })}
      >
        <TabList aria-label="Events" className="tab-list">
          <Tab id="live">Live</Tab>
          <Tab id="rejected">Rejected</Tab>
        </TabList>
        <TabPanel id="live" className="panel panel-flush">
          <EventTail />
        </TabPanel>
        <TabPanel id="rejected" className="tab-content">
          <RejectedEventsView />
        </TabPanel>
      </Tabs>
    </Page>
  )
}
