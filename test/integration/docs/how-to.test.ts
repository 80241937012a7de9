import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { execFile } from 'node:child_process'
import { makeProject, nacre } from '../../support/platform-process.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const root = resolve(import.meta.dirname, '../../..')

/** Code of a page that is marked with the name of a file. */
function filesOf(page: string): Readonly<Record<string, string>> {
  const blocks = page.matchAll(/^```ts (\S+)\n([\s\S]*?)^```$/gm)
  return Object.fromEntries([...blocks].map(([, path, body]) => [path!, body!]))
}

test('code of the how-tos that names its file compiles in a new project', { timeout: 120_000 }, async () => {
  await using folder = tempFolder('nacre-how-to-')
  assert.equal((await nacre(folder.path, ['init', 'shop'])).code, 0)
  const shop = join(folder.path, 'shop')
  await makeProject(shop, {})
  let count = 0
  for (const path of globSync(join(root, 'docs/how-to/*.md'))) {
    const page = await readFile(path, 'utf8')
    for (const [file, body] of Object.entries(filesOf(page))) {
      // Pages do not know each other's files.
      const target = join(shop, file.replace(/\.ts$/, `.${basename(path, '.md')}.ts`))
      await mkdir(dirname(target), { recursive: true })
      await writeFile(target, body)
      count++
    }
  }
  assert.ok(count >= 4, `only ${count} files`)
  await writeFile(
    join(shop, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'examples/bookstore/tsconfig.json'),
      compilerOptions: { typeRoots: [join(root, 'node_modules/@types')] },
      include: ['**/*.ts'],
    }),
  )
  const tsc = join(root, 'node_modules/.bin/tsc')
  const { stdout } = await promisify(execFile)(tsc, ['-p', shop]).catch((error: { stdout: string }) => error)
  assert.equal(stdout, '')
})
