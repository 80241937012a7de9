import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { tableSnippets } from '../../../src/platform/table-snippets.ts'

const howTo = await readFile(new URL('../../../docs/how-to/connect-engines.md', import.meta.url), 'utf8')
const url = 'http://127.0.0.1:4600'

/** The lines of a snippet for the how-to's table, with its token. */
function snippetLines(tool: string, snapshotId: string | null = null): readonly string[] {
  const snippet = tableSnippets('metrics.views', { url, snapshotId }).find((one) => one.tool === tool)!
  return snippet.text.replaceAll('<token>', 'nacre_…').split('\n')
}

/** The code under a heading of the how-to, without its query. */
function settingsUnder(tool: string): readonly string[] {
  const [, code] = new RegExp(`^## ${tool}$.*?^\`\`\`\\w+\\n(.*?)^\`\`\``, 'ms').exec(howTo)!
  return code!
    .trimEnd()
    .split('\n')
    .filter((line) => !line.includes('select '))
}

test("Spark's and Trino's settings are those of the how-to", () => {
  const [, ...trino] = snippetLines('Trino')
  assert.deepEqual(snippetLines('Spark').slice(0, -1), settingsUnder('Spark'))
  assert.deepEqual(
    trino.slice(0, -1).map((line) => line.replace(/^--   /, '')),
    settingsUnder('Trino'),
  )
})

test('a past state is asked for in the words of each engine', () => {
  assert.equal(
    snippetLines('Spark', '17').at(-1),
    "  -e 'select * from nacre.metrics.views version as of 17 limit 100'",
  )
  assert.equal(
    snippetLines('Trino', '17').at(-1),
    'select * from nacre.metrics.views for version as of 17 limit 100;',
  )
})
