import { existsSync } from 'node:fs'
import { glob, mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { NacreError } from '../../base/index.ts'
import { nacreFolder } from '../../settings/index.ts'
import type { Command } from '../command.ts'

export const initCommand: Command = {
  name: 'init',
  summary: 'Make a new project that runs.',
  usage: '<folder>',
  help: 'Writes nacre.config.ts with one event, one table, one job and one dashboard, ready for npm install and nacre up.',
  flags: {},
  async run({ positionals, cwd, print }) {
    const [given] = positionals
    if (given === undefined)
      throw new NacreError('NACRE_USAGE', "Name the new project's folder: nacre init my-project.")
    const folder = resolve(cwd, given)
    const name = basename(folder)
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]+/g, '-')
      .replace(/^[^a-z]+/, '')
    if (name === '')
      throw new NacreError(
        'NACRE_INPUT',
        `The folder's name '${basename(folder)}' gives no name for the app; use letters, digits and '-'.`,
      )
    const files = await projectFiles(name, folder)
    const present = Object.keys(files).filter((path) => existsSync(join(folder, path)))
    if (present.length > 0)
      throw new NacreError(
        'NACRE_CONFLICT',
        `${folder} already holds ${present.join(', ')}. Choose an empty folder.`,
      )
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text)
    }
    print(`Made project '${name}' in ${folder}:`)
    for (const path of Object.keys(files)) print(`  ${path}`)
    print(`\nNext:\n  cd ${relative(cwd, folder) || '.'}\n  npm install\n  npx nacre up`)
  },
}

/** The template's files, in the new project's name. */
async function projectFiles(name: string, folder: string): Promise<Record<string, string>> {
  const template = join(nacreFolder(), 'templates/project')
  const files: Record<string, string> = {
    'package.json': `${JSON.stringify(await packageOf(name, folder), null, 2)}\n`,
    // npm leaves a file of the real name out of a package.
    '.gitignore': await readFile(join(template, 'gitignore'), 'utf8'),
  }
  for await (const path of glob('**/*.{ts,malloy,json}', { cwd: template })) {
    files[path] = (await readFile(join(template, path), 'utf8')).replace("app('my-project'", `app('${name}'`)
  }
  return files
}

/** With the compiler that `nacre check` looks for types with, in the version that Nacre itself is checked by. */
async function packageOf(name: string, folder: string): Promise<object> {
  const { devDependencies } = JSON.parse(await readFile(join(nacreFolder(), 'package.json'), 'utf8')) as {
    devDependencies: Readonly<Record<'typescript' | '@types/node', string>>
  }
  return {
    name,
    private: true,
    type: 'module',
    scripts: { start: 'nacre up', dev: 'nacre dev', check: 'nacre check' },
    dependencies: { nacre: dependencyFrom(folder) },
    devDependencies: {
      '@types/node': devDependencies['@types/node'],
      typescript: devDependencies.typescript,
    },
  }
}

/** A checkout is named by its path, a published package by its version. */
function dependencyFrom(folder: string): string {
  const own = nacreFolder()
  return own.split('/').includes('node_modules') ? 'latest' : `file:${relative(folder, own)}`
}
