import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import bookstore from '../../../examples/bookstore/nacre.config.ts'
import { openModels, type Models } from '../../../src/models/index.ts'
import type { PrimitiveType, TableDefinition } from '../../../src/tables/index.ts'
import { openModelHost, type TestModelHost } from '../../support/model-host.ts'

const file = new URL('../../../examples/bookstore/models/bookstore.malloy', import.meta.url)
const files = { 'bookstore.malloy': readFileSync(file, 'utf8') }
const signal = AbortSignal.timeout(60_000)

/** Columns of the primitive types; no dashboard uses others. */
function primitiveColumns({ spec }: TableDefinition): Record<string, PrimitiveType> {
  return Object.fromEntries(
    Object.entries(spec.columns).flatMap(([name, column]) => {
      const type = typeof column === 'object' && 'type' in column ? column.type : column
      return typeof type === 'string' ? [[name, type]] : []
    }),
  )
}

const rows: Readonly<Record<string, string>> = {
  'metrics.engagement': `
    select date '2026-05-01' + (i % 20)::int as day, 'r' || i % 7 as reader, if(i % 3 = 0, 'phone', 'web') as platform,
      10.0 as minutes, 5.0 as pages, 1 as sessions from range(100) t(i)`,
  'accounts.readers': `select 'r' || i as reader, if(i % 2 = 0, 'US', 'GB') as country from range(7) t(i)`,
  'metrics.growth': `
    select date '2026-05-01' + (i % 20)::int as day, if(i < 20, 'US', 'GB') as country, 3 as sign_ups, 2 as trials,
      1 as conversions, 0 as cancellations, i % 20 as subscribers from range(40) t(i)`,
  'metrics.retention': `
    select date '2026-05-04' as cohort, i as weeks_later, 'US' as country, 'phone' as platform, 18 as readers,
      18 - i as retained from range(3) t(i)`,
  'metrics.conversion': `
    select funnel, date '2026-05-02' as day, date '2026-04-27' as cohort, true as settled, 'US' as country, step, 'step ' || step as label, 10 - step as reached
    from (values ('books'), ('subscriptions')) f(funnel), range(1, 4) s(step)`,
  'reading.progress': `select 'r1' as reader, 'emma' as edition, 12.0 as minutes, 1 as times_finished`,
  'catalogue.books': `select 'emma' as edition, 'Emma' as title, 'Jane Austen' as author, 'love' as genre`,
}

suite('dashboards of the bookstore', () => {
  let host: TestModelHost
  let models: Models
  before(async () => {
    const tables = bookstore.spec.jobs!.flatMap(({ spec }) => Object.values(spec.writes ?? {}))
    host = await openModelHost(
      Object.fromEntries(
        tables
          .filter(({ name }) => rows[name] !== undefined)
          .map((table) => [table.name, { columns: primitiveColumns(table), rows: rows[table.name]! }]),
      ),
    )
    models = openModels({}, { host, clock: { now: () => Date.parse('2026-05-25T12:00:00Z') } })
  })
  after(async () => {
    await models[Symbol.asyncDispose]()
    await host[Symbol.asyncDispose]()
  })

  for (const dashboard of bookstore.spec.dashboards!) {
    for (const [tile, { title, chart }] of dashboard.tiles.entries()) {
      test(`${dashboard.title}: ${title}`, async () => {
        const source = { dashboard, files }
        const result = await models.runTile(source, { tile, filters: {} }, signal)
        assert.ok(result.rows.length > 0)
        const names = result.columns.map(({ name }) => name)
        const drawn =
          'x' in chart ? [chart.x, ...[chart.y].flat(), ...('series' in chart ? [chart.series!] : [])] : []
        const needed =
          chart.kind === 'funnel'
            ? [chart.step, chart.value]
            : chart.kind === 'heatmap'
              ? [...drawn, chart.value]
              : drawn
        for (const column of needed)
          assert.ok(names.includes(column), `${column} is not among ${names.join(', ')}`)

        const narrowed = await models.runTile(
          source,
          { tile, filters: { days: '2020-01-01..2020-01-31', country: 'GB' } },
          signal,
        )
        if (dashboard.tiles[tile]!.dateField !== undefined && chart.kind !== 'number') {
          assert.deepEqual(narrowed.rows, [], 'nothing happened in January 2020')
        }
      })
    }
    test(`${dashboard.title} offers values of its filters`, async () => {
      const { country } = await models.suggest({ dashboard, files }, signal)
      assert.ok(country!.includes('US'))
    })
  }
})
