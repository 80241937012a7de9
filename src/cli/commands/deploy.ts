import type { DeployAnswer } from '../../server/index.ts'
import type { Command } from '../command.ts'
import { deploymentText } from '../deployment-text.ts'

export const deployCommand: Command = {
  name: 'deploy',
  summary: "Build the project's bundle and hand it to the running platform.",
  usage: '',
  flags: {},
  async run({ api, projectFolder, json, print }) {
    const { buildBundle, describeAppCommand } = await import('../../apps/index.ts')
    const { manifest, archive } = await buildBundle(projectFolder, describeAppCommand())
    const answer = await (await api()).send<DeployAnswer>('PUT', `apps/${manifest.name}`, archive)
    print(
      json
        ? JSON.stringify(answer)
        : deploymentText(`${answer.app} ${answer.bundle.slice(0, 12)}`, answer.changes),
    )
  },
}
