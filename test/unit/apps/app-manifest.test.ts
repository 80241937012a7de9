import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { app, appManifest, readModels, type AppSpec } from '../../../src/apps/index.ts'
import { NacreError } from '../../../src/base/index.ts'
import { event, rejectedEvents, trackingPlan, Type } from '../../../src/events/index.ts'
import { checks, job, on } from '../../../src/jobs/index.ts'
import { dashboard } from '../../../src/models/index.ts'
import { feed } from '../../../src/publish/index.ts'
import { table } from '../../../src/tables/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const opened = event('Book Opened', { version: '1-0-0', properties: Type.Object({ book: Type.String() }) })
const books = table('shop.books', { columns: { id: 'string', pages: 'int' } })
const sales = table('shop.sales', { columns: { day: 'date', sum: 'double' } })
const run = async (): Promise<void> => {}

/** The problems of an app that is unsound. */
function problemsOf(spec: AppSpec, models: Readonly<Record<string, string>> = {}): readonly string[] {
  try {
    appManifest(app('shop', spec), models)
  } catch (error) {
    assert.ok(error instanceof NacreError)
    assert.equal(error.code, 'NACRE_APP_INVALID')
    const problems = error.details['problems'] as readonly string[]
    assert.ok(error.message.startsWith(`App 'shop' has ${problems.length} problem(s):`))
    for (const problem of problems) assert.ok(error.message.includes(`\n  - ${problem}`))
    return problems
  }
  return []
}

test('a manifest is plain JSON of everything the app names', () => {
  const tile = { title: 'T', query: 'sales -> all', chart: { kind: 'table' } } as const
  const manifest = appManifest(
    app('shop', {
      doc: 'Sells books.',
      plan: trackingPlan({ events: [opened] }),
      tables: [books],
      jobs: [
        job('count', { trigger: on(opened.table), reads: { opened: opened.table }, writes: { sales }, run }),
      ],
      feeds: [feed({ table: sales })],
      dashboards: [dashboard('sales', { title: 'Sales', model: 'shop.malloy', tiles: [tile] })],
    }),
    { 'shop.malloy': 'source: sales is nacre.table("shop.sales")' },
  )
  assert.deepEqual(JSON.parse(JSON.stringify(manifest)), manifest)
  assert.deepEqual(
    Object.keys(manifest.tables).toSorted(),
    ['events.book_opened', 'shop.books', 'shop.sales', rejectedEvents.name].toSorted(),
  )
  assert.deepEqual(
    [manifest.name, manifest.team, manifest.doc, manifest.jobs[0]!.team],
    ['shop', 'shop', 'Sells books.', 'shop'],
  )
  assert.deepEqual(manifest.events[0]!.name, 'Book Opened')
  assert.deepEqual(manifest.feeds[0]!.table, 'shop.sales')
})

test("the app's team is that of jobs that name none", () => {
  const { jobs } = appManifest(
    app('shop', { team: 'growth', jobs: [job('a', { run }), job('b', { team: 'own', run })] }),
    {},
  )
  assert.deepEqual(
    jobs.map(({ team }) => team),
    ['growth', 'own'],
  )
})

test('an empty app is sound', () => {
  assert.deepEqual(appManifest(app('shop', {}), {}).tables, {})
})

for (const name of ['', 'Shop', '1shop', 'my shop', '-', 'a'.repeat(64)]) {
  test(`an app cannot be called '${name}'`, () => {
    assert.throws(() => app(name, {}), { code: 'NACRE_APP_INVALID', message: /must be lower-case letters/ })
  })
}

test('the same table may be named often, two that differ may not', () => {
  const reader = job('a', { reads: { books }, run })
  assert.deepEqual(
    problemsOf({ tables: [books, table('shop.books', { ...books.spec })], jobs: [reader] }),
    [],
  )
  assert.deepEqual(
    problemsOf({ tables: [table('shop.books', { columns: { id: 'long' } })], jobs: [reader] }),
    ["table 'shop.books' is defined twice, differently. Define it once and import it."],
  )
})

test('every problem is told at once', () => {
  const tile = { title: 'T', query: 'a -> b', chart: { kind: 'table' } } as const
  const twin = dashboard('d', { title: 'D', model: 'none.malloy', tiles: [tile] })
  const problems = problemsOf(
    {
      jobs: [
        job('a', { timeout: 'soon', run }),
        job('b', { trigger: on(sales), run }),
        job('c', { writes: { books }, checks: [checks.unique('isbn')], run }),
        job('c', { run }),
      ],
      feeds: [feed({ table: books }), feed({ table: books })],
      dashboards: [twin, twin],
    },
    { 'shop.malloy': '' },
  )
  assert.deepEqual(
    problems.filter((problem) => !problem.startsWith("dashboard 'd' names")),
    [
      "job 'a': timeout 'soon' is not a duration; write a number and ms, s, m, h or d, such as '10m'.",
      "job 'c' is declared twice; give one of them another name.",
      "job 'b' is triggered by the unknown table 'shop.sales'; declare it with table(…).",
      "job 'c' checks the column 'isbn' (unique), which table 'shop.books' does not have; it has id, pages.",
      "feed of table 'shop.books' is declared twice; leave one of them.",
      "dashboard 'd' is declared twice; leave one of them.",
    ],
  )
  assert.ok(problems.includes("dashboard 'd' names the model 'none.malloy', which is not among shop.malloy."))
})

test('checks are held against the columns of the table they name', () => {
  const writes = { books, sales }
  assert.deepEqual(
    problemsOf({
      jobs: [
        job('good', { writes: { sales }, checks: [checks.notNull('day'), checks.between('sum', 0, 1)], run }),
      ],
    }),
    [],
  )
  assert.deepEqual(
    problemsOf({
      jobs: [
        job('bad', {
          writes,
          checks: [
            ...checks.of('sales', checks.between('pages', 0, 9)),
            ...checks.of('books', checks.notNull('pages', 'day')),
          ],
          run,
        }),
      ],
    }),
    [
      "job 'bad' checks the column 'pages' (between), which table 'shop.sales' does not have; it has day, sum.",
      "job 'bad' checks the column 'day' (not-null), which table 'shop.books' does not have; it has id, pages.",
    ],
  )
})

test('an error that is no statement about the app is not hidden among the problems', () => {
  const broken = { kind: 'job', name: 'x', spec: null } as unknown as ReturnType<typeof job>
  assert.throws(() => appManifest(app('shop', { jobs: [broken] }), {}), TypeError)
})

test('models are the Malloy files of the folder', async () => {
  await using folder = tempFolder()
  await mkdir(join(folder.path, 'models'))
  await writeFile(join(folder.path, 'models/b.malloy'), 'b')
  await writeFile(join(folder.path, 'models/a.malloy'), 'a')
  await writeFile(join(folder.path, 'models/notes.md'), 'no model')
  const models = await readModels(folder.path, 'models')
  assert.deepEqual(Object.entries(models), [
    ['a.malloy', 'a'],
    ['b.malloy', 'b'],
  ])
  assert.deepEqual(await readModels(folder.path, undefined), {})
  await assert.rejects(readModels(folder.path, 'modells'), {
    code: 'NACRE_APP_INVALID',
    message: /models folder 'modells' does not exist/,
  })
})
