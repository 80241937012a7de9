import {
  readSettings,
  readSettingsFile,
  settingFlag,
  settingsTable,
  type Settings,
} from '../settings/index.ts'
import type { CommandContext } from './command.ts'

/** The settings a command runs with. */
export async function settingsOf({
  projectFolder,
  environment,
  flags,
}: Pick<CommandContext, 'projectFolder' | 'environment' | 'flags'>): Promise<Settings> {
  const given = Object.keys(settingsTable).map((name) => [name, flags[settingFlag(name)]] as const)
  return readSettings({
    projectFolder,
    file: await readSettingsFile(projectFolder),
    environment,
    flags: Object.fromEntries(given.filter((pair): pair is [string, string] => typeof pair[1] === 'string')),
  })
}
