/** How a setting's text is read. */
export type SettingType = 'text' | 'port' | 'number' | 'size' | 'duration' | 'choice'

/** One setting: its flag is `--kebab-name`, its variable `NACRE_UPPER_NAME`, its key in `nacre.settings.json` the name itself. */
export interface SettingRow {
  readonly type: SettingType
  /** As text; null when unset means something of its own, told in `help`. */
  readonly default: string | null
  readonly choices?: readonly string[]
  /** Variables of other programs that are read, first one first, when the setting is given nowhere. */
  readonly standardVariables?: readonly string[]
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
  warehouse: {
    type: 'text',
    default: 's3://nacre',
    help: 'Where new tables lie: s3://bucket or s3://bucket/prefix in object storage; s3://nacre is the folder warehouse of the state folder.',
  },
  s3Endpoint: {
    type: 'text',
    default: null,
    standardVariables: ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'],
    help: "Address of the warehouse's object storage, https://host; unset: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, or Amazon's own.",
  },
  s3Region: {
    type: 'text',
    default: 'us-east-1',
    standardVariables: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    help: "Region of the warehouse's bucket; when not given also read from AWS_REGION and AWS_DEFAULT_REGION.",
  },
  s3AccessKeyId: {
    type: 'text',
    default: null,
    standardVariables: ['AWS_ACCESS_KEY_ID'],
    help: 'Key that may list, read, write and delete in the warehouse; unset: AWS_ACCESS_KEY_ID.',
  },
  s3SecretAccessKey: {
    type: 'text',
    default: null,
    standardVariables: ['AWS_SECRET_ACCESS_KEY'],
    help: 'Secret of that key; better given as a variable than as a flag. Unset: AWS_SECRET_ACCESS_KEY.',
  },
  s3SessionToken: {
    type: 'text',
    default: null,
    standardVariables: ['AWS_SESSION_TOKEN'],
    help: 'Session token of that key, for temporary keys only; unset: AWS_SESSION_TOKEN.',
  },
  s3Style: {
    type: 'choice',
    choices: ['auto', 'path', 'virtual-host'],
    default: 'auto',
    help: "Whether a bucket is named in the address's path or its host; auto: in the path when an endpoint is given.",
  },
  s3Vend: {
    type: 'choice',
    choices: ['none', 'configured'],
    default: 'none',
    help: 'What engines that ask the catalog for keys to object storage get: none, or the configured key itself, which reaches the whole warehouse and also writes. Tables of s3://nacre always get keys of their own.',
  },
  extensionFolder: {
    type: 'text',
    default: null,
    help: "Folder that holds DuckDB's httpfs.duckdb_extension, which object storage needs; unset: DuckDB downloads it.",
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
