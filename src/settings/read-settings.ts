import { isAbsolute, join } from 'node:path'
import { NacreError, parseDurationMs, parseSizeBytes, type LogLevel } from '../base/index.ts'
import { settingsTable, type SettingName, type SettingRow } from './settings-table.ts'

/** All settings, read and checked. */
export interface Settings {
  /** Absolute. */
  readonly projectFolder: string
  /** Absolute. */
  readonly stateFolder: string
  readonly host: string
  readonly port: number
  readonly collectorPort: number
  readonly publicUrl: string | null
  readonly databaseUrl: string | null
  /** `s3://bucket` or `s3://bucket/prefix`. */
  readonly warehouse: string
  readonly s3Endpoint: string | null
  readonly s3Region: string
  readonly s3AccessKeyId: string | null
  readonly s3SecretAccessKey: string | null
  readonly s3SessionToken: string | null
  readonly s3Style: 'auto' | 'path' | 'virtual-host'
  readonly s3Vend: 'none' | 'configured'
  /** Absolute. */
  readonly extensionFolder: string | null
  readonly amqpUrl: string | null
  readonly jobCpus: number | null
  readonly jobMemoryBytes: number | null
  readonly isolation: 'prefer' | 'require'
  readonly queryMemoryBytes: number
  readonly queryTimeoutMs: number
  readonly logLevel: LogLevel
}

/** Untrusted sources of settings, weakest first. */
export interface SettingSources {
  /** Absolute folder of the project. */
  readonly projectFolder: string
  /** Parsed `nacre.settings.json`. */
  readonly file?: unknown
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** By setting's name. */
  readonly flags?: Readonly<Record<string, string | undefined>>
}

/** The environment variable of a setting: `NACRE_COLLECTOR_PORT`. */
export function settingVariable(name: string): string {
  return `NACRE_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

/** The flag of a setting, without dashes: `collector-port`. */
export function settingFlag(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** Reads all settings into one frozen object. Throws NACRE_INPUT naming the setting, its source, its value and what is accepted. */
export function readSettings(sources: SettingSources): Settings {
  const file = fileSettings(sources.file)
  const text = (name: SettingName): { value: string; from: string } | null => {
    const flag = sources.flags?.[name]
    if (flag !== undefined) return { value: flag, from: `flag --${settingFlag(name)}` }
    const variable = sources.environment?.[settingVariable(name)]
    if (variable !== undefined && variable !== '')
      return { value: variable, from: `variable ${settingVariable(name)}` }
    const own = file[name]
    if (own !== undefined) return { value: own, from: `key ${name} of nacre.settings.json` }
    const { default: fallback, standardVariables = [] }: SettingRow = settingsTable[name]
    for (const standard of standardVariables) {
      const found = sources.environment?.[standard]
      if (found !== undefined && found !== '') return { value: found, from: `variable ${standard}` }
    }
    return fallback === null ? null : { value: fallback, from: 'default' }
  }
  const read = (name: SettingName): string | number | null => {
    const found = text(name)
    return found === null ? null : parseSetting(settingsTable[name], found.value, found.from)
  }
  const folder = (name: SettingName): string | null => {
    const path = read(name) as string | null
    return path === null || isAbsolute(path) ? path : join(sources.projectFolder, path)
  }
  return Object.freeze({
    projectFolder: sources.projectFolder,
    stateFolder: folder('stateFolder') as string,
    host: read('host') as string,
    port: read('port') as number,
    collectorPort: read('collectorPort') as number,
    publicUrl: read('publicUrl') as string | null,
    databaseUrl: read('databaseUrl') as string | null,
    warehouse: read('warehouse') as string,
    s3Endpoint: read('s3Endpoint') as string | null,
    s3Region: read('s3Region') as string,
    s3AccessKeyId: read('s3AccessKeyId') as string | null,
    s3SecretAccessKey: read('s3SecretAccessKey') as string | null,
    s3SessionToken: read('s3SessionToken') as string | null,
    s3Style: read('s3Style') as Settings['s3Style'],
    s3Vend: read('s3Vend') as Settings['s3Vend'],
    extensionFolder: folder('extensionFolder'),
    amqpUrl: read('amqpUrl') as string | null,
    jobCpus: read('jobCpus') as number | null,
    jobMemoryBytes: read('jobMemory') as number | null,
    isolation: read('isolation') as Settings['isolation'],
    queryMemoryBytes: read('queryMemory') as number,
    queryTimeoutMs: read('queryTimeout') as number,
    logLevel: read('logLevel') as LogLevel,
  })
}

function fileSettings(file: unknown): Readonly<Record<string, string>> {
  if (file === undefined) return {}
  if (typeof file !== 'object' || file === null || Array.isArray(file)) {
    throw new NacreError('NACRE_INPUT', 'nacre.settings.json must hold one JSON object of settings.')
  }
  const unknown = Object.keys(file).filter((name) => !Object.hasOwn(settingsTable, name))
  if (unknown.length > 0) {
    throw new NacreError(
      'NACRE_INPUT',
      `nacre.settings.json has the unknown key '${unknown[0]}'. Settings are: ${Object.keys(settingsTable).join(', ')}.`,
    )
  }
  const wrong = Object.entries(file).find(([, value]) => !['string', 'number'].includes(typeof value))
  if (wrong !== undefined) {
    throw new NacreError(
      'NACRE_INPUT',
      `key ${wrong[0]} of nacre.settings.json is ${JSON.stringify(wrong[1])}; write a text or a number.`,
    )
  }
  return Object.fromEntries(Object.entries(file).map(([name, value]) => [name, String(value)]))
}

function parseSetting(row: SettingRow, value: string, from: string): string | number {
  switch (row.type) {
    case 'text':
      return value
    case 'choice':
      if (row.choices!.includes(value)) return value
      throw new NacreError(
        'NACRE_INPUT',
        `${from} is '${value}'; it must be one of ${row.choices!.join(', ')}.`,
      )
    case 'port': {
      const port = Number(value)
      if (/^\d+$/.test(value) && port <= 65_535) return port
      throw new NacreError('NACRE_INPUT', `${from} is '${value}'; a port is a whole number from 0 to 65535.`)
    }
    case 'number': {
      const number = Number(value)
      if (Number.isFinite(number) && number > 0) return number
      throw new NacreError('NACRE_INPUT', `${from} is '${value}'; it must be a number above 0.`)
    }
    case 'size':
      return parseSizeBytes(value, from)
    case 'duration':
      return parseDurationMs(value, from)
  }
}
