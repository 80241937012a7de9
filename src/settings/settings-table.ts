/** How a setting's text is read. */
export type SettingType = 'text' | 'port' | 'number' | 'size' | 'duration' | 'choice'

/** One setting: its flag is `--kebab-name`, its variable `NACRE_UPPER_NAME`, its key in `nacre.settings.json` the name itself. */
export interface SettingRow {
  readonly type: SettingType
  /** As text; null when unset means something of its own, told in `help`. */
  readonly default: string | null
  readonly choices?: readonly string[]
  readonly help: string
}

/** Every setting of Nacre. Order of strength: default < file < environment < flag. `docs/reference/settings.md` is held equal to it by a test. */
export const settingsTable = {
  stateFolder: {
    type: 'text',
    default: '.nacre',
    help: 'Folder of everything Nacre keeps, relative to the project.',
  },
  host: { type: 'text', default: '127.0.0.1', help: 'Address that the servers listen on.' },
  port: { type: 'port', default: '4600', help: 'Port of the web UI and the API; 0 takes a free one.' },
  collectorPort: { type: 'port', default: '4601', help: 'Port of the event collector; 0 takes a free one.' },
  publicUrl: {
    type: 'text',
    default: null,
    help: 'Address under which others reach the API, for links in notifications; unset: made of host and port.',
  },
  databaseUrl: {
    type: 'text',
    default: null,
    help: 'PostgreSQL that holds the state, postgres://…; unset: PGlite inside the state folder.',
  },
  amqpUrl: {
    type: 'text',
    default: null,
    help: 'RabbitMQ that gets notifications, amqp://…; unset: rabbitmq routes are skipped.',
  },
  jobCpus: { type: 'number', default: null, help: 'CPUs that jobs share; unset: all of the machine.' },
  jobMemory: { type: 'size', default: null, help: "Memory that jobs share; unset: half of the machine's." },
  isolation: {
    type: 'choice',
    choices: ['prefer', 'require'],
    default: 'prefer',
    help: 'Whether a machine without cgroups may run jobs (limits are then polled).',
  },
  queryMemory: {
    type: 'size',
    default: '1GiB',
    help: 'Memory of dashboards, previews and SQL in the server.',
  },
  queryTimeout: { type: 'duration', default: '60s', help: 'Longest a query of a person may take.' },
  logLevel: {
    type: 'choice',
    choices: ['debug', 'info', 'warn', 'error', 'silent'],
    default: 'warn',
    help: "Least severity that the server's own log tells.",
  },
} as const

/** A setting's name. */
export type SettingName = keyof typeof settingsTable
