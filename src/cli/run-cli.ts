import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { NacreError, toNacreError } from '../base/index.ts'
import { nacreVersion, settingFlag, settingsTable } from '../settings/index.ts'
import { findApi } from './api-client.ts'
import type { Command, CommandContext, Flag, Surroundings } from './command.ts'
import { commands } from './commands/index.ts'
import { commandHelp, mainHelp } from './help.ts'
import { settingsOf } from './settings-of.ts'

/** Flags that every command takes. */
export const commonFlags: Readonly<Record<string, Flag>> = {
  project: {
    type: 'string',
    value: 'FOLDER',
    help: 'The project, default: the nearest folder upwards with nacre.config.ts.',
  },
  json: { type: 'boolean', help: 'Print JSON.' },
  help: { type: 'boolean', short: 'h', help: 'Print this help.' },
}

/** Runs `nacre <args>`; resolves to the exit code. Errors are printed, never thrown. */
export async function runCli(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const json = args.includes('--json')
  try {
    const [name, ...rest] = args
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      const topic = commands.find((command) => command.name === rest[0])
      surroundings.stdout.write(
        `${topic === undefined ? mainHelp(commands) : commandHelp(topic, flagsOf(topic))}\n`,
      )
      return 0
    }
    if (name === '--version' || name === '-v') {
      surroundings.stdout.write(`${nacreVersion}\n`)
      return 0
    }
    const command = commands.find((each) => each.name === name)
    if (command === undefined) {
      throw new NacreError(
        'NACRE_USAGE',
        `There is no command '${name}'. Commands: ${commands.map((each) => each.name).join(', ')}. See 'nacre --help'.`,
      )
    }
    return await runCommand(command, rest, surroundings)
  } catch (thrown) {
    const error = toNacreError(thrown)
    if (surroundings.signal.aborted && error.code === 'NACRE_CANCELLED') return 130
    const shown = json
      ? JSON.stringify({ error: error.toJSON() })
      : `nacre: ${error.message}${error.code === 'NACRE_INTERNAL' && error.cause instanceof Error ? `\n${error.cause.stack}` : ''}`
    surroundings.stderr.write(`${shown}\n`)
    return error.exit
  }
}

/** A command's flags, settings and common ones included. */
export function flagsOf(command: Command): Readonly<Record<string, Flag>> {
  const settings = command.takesSettings
    ? Object.fromEntries(
        Object.entries(settingsTable).map(([name, row]): [string, Flag] => [
          settingFlag(name),
          { type: 'string', value: row.type.toUpperCase(), help: row.help },
        ]),
      )
    : {}
  return { ...command.flags, ...settings, ...commonFlags }
}

async function runCommand(
  command: Command,
  args: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  const flags = flagsOf(command)
  const { values, positionals } = parse(command, args, flags)
  if (values['help'] === true) {
    surroundings.stdout.write(`${commandHelp(command, flags)}\n`)
    return 0
  }
  const project = values['project']
  const projectFolder =
    typeof project === 'string' ? resolve(surroundings.cwd, project) : nearestProject(surroundings.cwd)
  const context: CommandContext = {
    ...surroundings,
    positionals,
    flags: values,
    json: values['json'] === true,
    projectFolder,
    print: (line) => void surroundings.stdout.write(`${line}\n`),
    api: async () => findApi((await settingsOf(context)).stateFolder, surroundings.environment),
  }
  return (await command.run(context)) ?? 0
}

function parse(
  command: Command,
  args: readonly string[],
  flags: Readonly<Record<string, Flag>>,
): { values: CommandContext['flags']; positionals: string[] } {
  try {
    const options = Object.fromEntries(
      Object.entries(flags).map(([name, { type, short }]) => [
        name,
        { type, ...(short === undefined ? {} : { short }) },
      ]),
    )
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
      strict: true,
    })
    return { values: values as CommandContext['flags'], positionals }
  } catch (error) {
    throw new NacreError('NACRE_USAGE', `${(error as Error).message} See 'nacre ${command.name} --help'.`, {
      cause: error,
    })
  }
}

function nearestProject(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'nacre.config.ts'))) return folder
    if (dirname(folder) === folder) return from
  }
}
