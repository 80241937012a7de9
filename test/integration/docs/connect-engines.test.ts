import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { duckdbIceberg, noPython } from '../../support/python.ts'
import { icebergWorld } from '../iceberg/iceberg-world.ts'

const config = `import { app, day, job, manual, sql, table } from 'nacre'
const views = table('metrics.views', { columns: { viewed_on: 'date', path: 'string', views: 'long' }, partitionBy: [day('viewed_on')] })
export default app('shop', { team: 'shop', jobs: [
  job('fill', { trigger: manual(), writes: { views }, async run({ writes }) {
    await writes.views.append(sql\`select date '2026-01-05' as viewed_on, unnest(['/', '/b']) as path, 3 as views\`)
  } }),
] })
`

describe('the page on connecting engines', { skip: noPython }, async () => {
  const world = icebergWorld({ 'nacre.config.ts': config })
  const page = await readFile(new URL('../../../docs/how-to/connect-engines.md', import.meta.url), 'utf8')
  const codeIn = (language: string): string =>
    [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
      .filter((block) => block[1] === language)
      .map((block) => block[2])
      .join('\n')
  const filledIn = (code: string): string =>
    code
      .replaceAll("'http://127.0.0.1:4600/iceberg'", "given['uri']")
      .replaceAll("'nacre_…'", "given['token']")

  test('PyIceberg reads and writes as it says', async () => {
    assert.equal((await world.platform.run('fill')).state, 'succeeded')
    const program = `${filledIn(codeIn('python'))}\nprint(json.dumps(home.to_pydict()['path']))`
    assert.deepEqual(await world.python(program), ['/'])
    assert.deepEqual(await world.platform.sql('select order_id, country from lab.orders order by 1'), [
      [1, 'de'],
      [2, 'fr'],
    ])
  })

  test('so does DuckDB', async () => {
    const statements = codeIn('sql')
      .split('\n')
      // Extensions, secret and attachment are made by the support's own program, without a network.
      .filter((line) => /^(select|insert)/.test(line))
    assert.equal(statements.length, 2)
    const program = `${duckdbIceberg}
answers = [db.sql(statement) for statement in given['statements']]
print(json.dumps(sorted([path, int(views)] for path, views in answers[0].fetchall())))`
    assert.deepEqual(await world.python(program, { statements }), [
      ['/', 3],
      ['/b', 3],
    ])
    assert.deepEqual(await world.platform.sql('select country from lab.orders where order_id = 3'), [['it']])
  })
})
