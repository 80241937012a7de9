import { NacreError } from '../../base/index.ts'
import type { RunInfo } from '../../server/index.ts'
import type { Command } from '../command.ts'
import { describeRun } from './follow-run.ts'

export const killCommand: Command = {
  name: 'kill',
  summary: 'End a run and every process it started.',
  usage: '<run>',
  flags: {},
  async run({ api, positionals, json, print }) {
    const [id] = positionals
    if (id === undefined)
      throw new NacreError(
        'NACRE_USAGE',
        "Name the run: 'nacre kill <run>'. 'nacre runs --state running' lists them.",
      )
    const run = await (await api()).send<RunInfo>('POST', `runs/${id}/kill`, {})
    print(json ? JSON.stringify(run) : describeRun(run))
  },
}
