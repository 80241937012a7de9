import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useEffect } from 'react'
import { Link } from 'wouter'
import { queries } from '../api/queries.ts'
import { loadChart } from '../charts/load-chart.ts'
import { formatNoun } from '../format/format-number.ts'
import { Loaded } from '../parts/loaded.tsx'
import { Empty } from '../parts/messages.tsx'
import { Page } from '../parts/page.tsx'

export default function DashboardsPage(): ReactNode {
  const dashboards = useQuery(queries.dashboards())
  useEffect(() => void loadChart().catch(() => undefined), [])
  return (
    <Page title="Dashboards" lead="Questions asked often, always over the newest data.">
      <Loaded query={dashboards}>
        {(all) =>
          all.length === 0 ? (
            <Empty icon="dashboards" title="No dashboard is declared">
              <p>
                Write a model in the app's <code>models</code> folder and a <code>dashboard()</code> over it,
                then <code>nacre deploy</code>.
              </p>
            </Empty>
          ) : (
            <ul className="cards">
              {all.map(({ name, title, doc, team, tiles }) => (
                <li key={name}>
                  <Link href={`/dashboards/${encodeURIComponent(name)}`} className="panel card card-link">
                    <h2>{title}</h2>
                    {doc === null ? null : <p className="soft">{doc}</p>}
                    <p className="card-foot soft">
                      {formatNoun(tiles, 'tile')}
                      {team === null ? '' : ` · ${team}`}
                    </p>
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Page>
  )
}
