import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NacreError } from '../base/index.ts'
import type { Settings } from './read-settings.ts'

/** What a running platform tells commands on the same machine, in `server.json` of its state folder. */
export interface ServerAddress {
  readonly pid: number
  readonly apiUrl: string
  readonly collectorUrl: string
}

/** Files of a state folder. */
export const stateFiles = {
  serverAddress: 'server.json',
  adminToken: 'admin-token',
  writeKey: 'write-key',
  state: 'state',
  segments: 'events',
  warehouse: 'warehouse',
  uploads: 'uploads',
  bundles: 'bundles',
  unpacked: 'unpacked',
  compiled: 'compiled',
  attempts: 'attempts',
  logs: 'logs',
  feeds: 'feeds',
  scratch: 'scratch',
} as const

/** Path of a file or folder of a state folder. */
export function inState(
  { stateFolder }: Pick<Settings, 'stateFolder'>,
  name: keyof typeof stateFiles,
): string {
  return join(stateFolder, stateFiles[name])
}

/** Parsed `nacre.settings.json` of a project; undefined when there is none. */
export async function readSettingsFile(projectFolder: string): Promise<unknown> {
  const path = join(projectFolder, 'nacre.settings.json')
  if (!existsSync(path)) return undefined
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new NacreError('NACRE_INPUT', `${path} is not JSON: ${(error as Error).message}`, { cause: error })
  }
}
