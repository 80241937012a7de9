import assert from 'node:assert/strict'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { checkModels, type DashboardDefinition } from '../../../src/models/index.ts'
import { table } from '../../../src/tables/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const root = new URL('../../../', import.meta.url)

test('the dashboard of the how-to is sound as it stands there', async () => {
  const page = readFileSync(new URL('docs/how-to/write-a-dashboard.md', root), 'utf8')
  const block = (language: string): string =>
    new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(page)?.[1] ?? assert.fail(language)
  await using folder = tempFolder()
  await mkdir(join(folder.path, 'node_modules'))
  symlinkSync(fileURLToPath(root), join(folder.path, 'node_modules/nacre'))
  writeFileSync(join(folder.path, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder.path, 'engagement.ts'), block('ts'))
  const { engagement } = (await import(pathToFileURL(join(folder.path, 'engagement.ts')).href)) as {
    engagement: DashboardDefinition
  }
  const declared = table('metrics.engagement', {
    columns: { day: 'date', reader: 'string', platform: 'string', minutes: 'double' },
  })
  const app = {
    models: { 'bookstore.malloy': block('malloy') },
    dashboards: [engagement],
    tables: { 'metrics.engagement': declared },
  }
  assert.deepEqual(await checkModels(app), [])
  const [, byDay] = engagement.tiles
  const wrong = { ...engagement, tiles: [{ ...byDay!, query: 'engagement -> by_hour' }] }
  assert.deepEqual(await checkModels({ ...app, dashboards: [wrong] }), [block('text').trimEnd()])
})
