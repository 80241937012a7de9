import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { deploymentText } from '../deployment-text.ts'
import type { Command } from '../command.ts'

export const upCommand: Command = {
  name: 'up',
  summary: 'Run everything: collector, scheduler, jobs, feeds, web UI.',
  usage: '',
  help: "Deploys the project's app first, when there is a nacre.config.ts. Stops cleanly at Ctrl-C.",
  flags: {},
  takesSettings: true,
  async run(context) {
    const { beginBuild, startPlatform } = await import('../start-platform.ts')
    const hasApp = existsSync(join(context.projectFolder, 'nacre.config.ts'))
    const bundle = hasApp ? beginBuild(context) : undefined
    await using running = await startPlatform(context)
    if (bundle !== undefined) {
      const { app, changes } = await running.deploy(await bundle)
      context.print(deploymentText(`app ${app}`, changes))
    } else {
      context.print(
        `no nacre.config.ts in ${context.projectFolder}: nothing is deployed yet ('nacre init' makes a project)`,
      )
    }
    await running.announce()
    await running.untilStopped()
    context.print('stopping…')
  },
}
