import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { AppManifest } from '../../apps/index.ts'
import { countOf, NacreError } from '../../base/index.ts'
import { nextDueTimes } from '../../jobs/index.ts'
import type { Command, CommandContext } from '../command.ts'
import { describeTrigger } from '../describe-trigger.ts'
import { textTable } from '../text-table.ts'

export const checkCommand: Command = {
  name: 'check',
  summary:
    "Check the project without running it: types, definitions, models, the jobs' graph, the next due times.",
  usage: '',
  flags: {},
  async run(context) {
    const { json, print, projectFolder } = context
    await checkTypes(context)
    const { buildBundle, describeAppCommand } = await import('../../apps/index.ts')
    const { checkModels } = await import('../../models/index.ts')
    const { hash, archive, manifest } = await buildBundle(projectFolder, describeAppCommand())
    const problems = await checkModels(manifest)
    if (problems.length > 0) {
      throw new NacreError(
        'NACRE_MODEL_INVALID',
        `Models and dashboards have ${countOf(problems.length, 'problem')}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
      )
    }
    const due = nextTen(manifest)
    if (json)
      return print(JSON.stringify({ app: manifest.name, bundle: hash, bytes: archive.length, manifest, due }))
    const counts = [
      countOf(manifest.events.length, 'event'),
      countOf(Object.keys(manifest.tables).length, 'table'),
      countOf(manifest.jobs.length, 'job'),
      countOf(manifest.feeds.length, 'feed'),
      countOf(manifest.dashboards.length, 'dashboard'),
    ]
    print(`app ${manifest.name} is sound: ${counts.join(', ')}`)
    print(`bundle ${hash.slice(0, 12)}, ${Math.round(archive.length / 1024)} KiB\n`)
    print(
      textTable(
        ['JOB', 'TRIGGER', 'READS', 'WRITES'],
        manifest.jobs.map((job) => [
          job.name,
          describeTrigger(job),
          Object.values(job.reads).join(', ') || null,
          Object.values(job.writes).join(', ') || null,
        ]),
      ),
    )
    if (due.length > 0)
      print(
        `\n${textTable(
          ['NEXT DUE', 'JOB'],
          due.map(({ at, job }) => [at, job]),
        )}`,
      )
  },
}

/** The next ten due times over all jobs. */
function nextTen(manifest: AppManifest): { at: string; job: string }[] {
  const now = Date.now()
  return manifest.jobs
    .flatMap((job) =>
      nextDueTimes(job.trigger, 10, now, now).map((at) => ({
        at: new Date(at).toISOString(),
        job: job.name,
      })),
    )
    .toSorted((a, b) => a.at.localeCompare(b.at))
    .slice(0, 10)
}

/** Runs the project's own TypeScript, when it has one. */
async function checkTypes({ projectFolder, print, json }: CommandContext): Promise<void> {
  const compiler = findCompiler(projectFolder)
  if (compiler === null || !existsSync(join(projectFolder, 'tsconfig.json'))) {
    if (!json)
      print(
        "types are not checked: that needs the project's own typescript and a tsconfig.json; see 'nacre init'",
      )
    return
  }
  try {
    await promisify(execFile)(compiler, ['--noEmit', '-p', projectFolder], { cwd: projectFolder })
  } catch (error) {
    throw new NacreError(
      'NACRE_APP_INVALID',
      `The project has type errors:\n${(error as { stdout?: string }).stdout ?? ''}`,
      { cause: error },
    )
  }
}

/** The `tsc` that a script of the project would find; workspaces keep it in a folder above. */
function findCompiler(projectFolder: string): string | null {
  for (let folder = projectFolder; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules/.bin/tsc')
    if (existsSync(path)) return path
    if (dirname(folder) === folder) return null
  }
}
