import { watch } from 'node:fs/promises'
import { toNacreError } from '../../base/index.ts'
import type { Command } from '../command.ts'
import { deploymentText } from '../deployment-text.ts'

/** Editors write a file in several steps; wait for the last. */
const settleMs = 150

export const devCommand: Command = {
  name: 'dev',
  summary: "Like up, and deploy the app again whenever one of the project's files changes.",
  usage: '',
  flags: {},
  takesSettings: true,
  async run(context) {
    const { beginBuild, startPlatform } = await import('../start-platform.ts')
    const first = beginBuild(context)
    await using running = await startPlatform(context)
    const deploy = async (bundle = beginBuild(context)): Promise<void> => {
      try {
        const { app, changes } = await running.deploy(await bundle)
        context.print(deploymentText(`${new Date().toISOString().slice(11, 19)} app ${app}`, changes))
      } catch (thrown) {
        // A half-typed file must not end the session; the last good app goes on running.
        context.stderr.write(`${toNacreError(thrown).message}\n`)
      }
    }
    await deploy(first)
    await running.announce()
    const stopped = running.untilStopped()
    try {
      let pending: NodeJS.Timeout | undefined
      for await (const { filename } of watch(context.projectFolder, {
        recursive: true,
        signal: context.signal,
      })) {
        if (
          filename === null ||
          /(^|\/)(node_modules|\.nacre|\.git)(\/|$)/.test(filename) ||
          !/\.(ts|malloy|json)$/.test(filename)
        )
          continue
        clearTimeout(pending)
        pending = setTimeout(() => void deploy(), settleMs)
      }
    } catch (error) {
      if (!context.signal.aborted) throw error
    }
    await stopped
    context.print('stopping…')
  },
}
