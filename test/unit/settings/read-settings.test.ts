import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  readSettings,
  settingFlag,
  settingsTable,
  settingVariable,
  type SettingRow,
  type SettingSources,
} from '../../../src/settings/index.ts'

const projectFolder = '/project'
const read = (sources: Omit<SettingSources, 'projectFolder'> = {}): ReturnType<typeof readSettings> =>
  readSettings({ projectFolder, ...sources })

test('without any source every setting has its default', () => {
  assert.deepEqual(read(), {
    projectFolder: '/project',
    stateFolder: '/project/.nacre',
    host: '127.0.0.1',
    port: 4600,
    collectorPort: 4601,
    publicUrl: null,
    databaseUrl: null,
    warehouse: 's3://nacre',
    s3Endpoint: null,
    s3Region: 'us-east-1',
    s3AccessKeyId: null,
    s3SecretAccessKey: null,
    s3SessionToken: null,
    s3Style: 'auto',
    s3Vend: 'none',
    extensionFolder: null,
    amqpUrl: null,
    jobCpus: null,
    jobMemoryBytes: null,
    isolation: 'prefer',
    queryMemoryBytes: 1024 ** 3,
    queryTimeoutMs: 60_000,
    logLevel: 'warn',
  })
  assert.ok(Object.isFrozen(read()))
})

test('a flag is stronger than a variable, that than the file, that than the default', () => {
  const file = { port: 1, host: 'file', logLevel: 'info' }
  const environment = { NACRE_PORT: '2', NACRE_HOST: 'variable', NACRE_LOG_LEVEL: undefined, OTHER: 'x' }
  const settings = read({ file, environment, flags: { port: '3', host: undefined } })
  assert.deepEqual(
    [settings.port, settings.host, settings.logLevel, settings.collectorPort],
    [3, 'variable', 'info', 4601],
  )
})

test('standard variables of object storage are weaker than all that is given, stronger than the default', () => {
  const environment = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'other', AWS_ACCESS_KEY_ID: 'standard' }
  const settings = read({ file: { s3AccessKeyId: 'file' }, environment })
  assert.deepEqual([settings.s3Region, settings.s3AccessKeyId], ['eu-west-1', 'file'])
})

test('an empty variable counts as none', () => {
  assert.equal(read({ file: { port: 1 }, environment: { NACRE_PORT: '' } }).port, 1)
})

test('quantities are read into plain numbers; a state folder may be absolute', () => {
  const settings = read({
    file: { jobCpus: 1.5, jobMemory: '2GiB', queryTimeout: '5m', stateFolder: '/var/lib/nacre' },
  })
  assert.deepEqual(
    [settings.jobCpus, settings.jobMemoryBytes, settings.queryTimeoutMs, settings.stateFolder],
    [1.5, 2 * 1024 ** 3, 300_000, '/var/lib/nacre'],
  )
})

/** What is given, and what the error must say: where from, the value, what is accepted. */
const wrong: readonly [Omit<SettingSources, 'projectFolder'>, string][] = [
  [{ flags: { port: 'many' } }, "flag --port is 'many'; a port is a whole number from 0 to 65535."],
  [
    { flags: { collectorPort: '' } },
    "flag --collector-port is ''; a port is a whole number from 0 to 65535.",
  ],
  [
    { environment: { NACRE_PORT: '-1' } },
    "variable NACRE_PORT is '-1'; a port is a whole number from 0 to 65535.",
  ],
  [
    { environment: { NACRE_PORT: ' 80' } },
    "variable NACRE_PORT is ' 80'; a port is a whole number from 0 to 65535.",
  ],
  [
    { file: { port: 65536 } },
    "key port of nacre.settings.json is '65536'; a port is a whole number from 0 to 65535.",
  ],
  [
    { file: { port: 80.5 } },
    "key port of nacre.settings.json is '80.5'; a port is a whole number from 0 to 65535.",
  ],
  [{ flags: { jobCpus: '0' } }, "flag --job-cpus is '0'; it must be a number above 0."],
  [{ flags: { jobCpus: 'all' } }, "flag --job-cpus is 'all'; it must be a number above 0."],
  [
    { environment: { NACRE_LOG_LEVEL: 'loud' } },
    "variable NACRE_LOG_LEVEL is 'loud'; it must be one of debug, info, warn, error, silent.",
  ],
  [
    { file: { queryMemory: '1 gig' } },
    "key queryMemory of nacre.settings.json '1 gig' is not a size; write a number and B, kB, MB, GB, KiB, MiB or GiB, such as '512MiB'.",
  ],
  [
    { flags: { queryTimeout: '60' } },
    "flag --query-timeout '60' is not a duration; write a number and ms, s, m, h or d, such as '10m'.",
  ],
  [{ file: { host: null } }, 'key host of nacre.settings.json is null; write a text or a number.'],
  [
    { file: { host: { name: 'x' } } },
    'key host of nacre.settings.json is {"name":"x"}; write a text or a number.',
  ],
  [{ file: { jobCpus: true } }, 'key jobCpus of nacre.settings.json is true; write a text or a number.'],
]

for (const [sources, message] of wrong) {
  test(`refused: ${message}`, () => {
    assert.throws(() => read(sources), { code: 'NACRE_INPUT', message })
  })
}

test('an unknown key of the file is refused, with the keys there are', () => {
  for (const key of ['ports', 'toString', 'NACRE_PORT']) {
    assert.throws(() => read({ file: { [key]: 1 } }), {
      code: 'NACRE_INPUT',
      message: `nacre.settings.json has the unknown key '${key}'. Settings are: ${Object.keys(settingsTable).join(', ')}.`,
    })
  }
})

test('a file that holds no object is refused', () => {
  for (const file of [null, [], 'port=1', 7]) {
    assert.throws(() => read({ file }), {
      code: 'NACRE_INPUT',
      message: 'nacre.settings.json must hold one JSON object of settings.',
    })
  }
})

test('flags and variables are named after the key, and no two are the same', () => {
  assert.equal(settingFlag('collectorPort'), 'collector-port')
  assert.equal(settingVariable('collectorPort'), 'NACRE_COLLECTOR_PORT')
  const names = Object.keys(settingsTable)
  for (const name of names) {
    assert.match(settingFlag(name), /^[a-z][a-z0-9]*(-[a-z]+)*$/)
    assert.match(settingVariable(name), /^NACRE_[A-Z][A-Z0-9]*(_[A-Z]+)*$/)
  }
  assert.equal(new Set(names.map(settingFlag)).size, names.length)
})

test('every row of the settings table has a default that its own type accepts, and help', () => {
  for (const [name, row] of Object.entries<SettingRow>(settingsTable)) {
    if (row.default !== null) read({ flags: { [name]: row.default } })
    assert.equal(row.choices !== undefined, row.type === 'choice', name)
    assert.match(row.help, /^[A-Z].*\.$/, name)
  }
})
