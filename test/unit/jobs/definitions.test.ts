import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import {
  after,
  checks,
  cron,
  dayPartitions,
  job,
  jobManifest,
  manual,
  on,
  partitionSet,
  validateJobs,
} from '../../../src/jobs/index.ts'
import { move } from '../../../src/jobs/state-machine.ts'
import { runMoves } from '../../../src/jobs/run-states.ts'
import { attemptMoves } from '../../../src/jobs/attempt-states.ts'
import { renderSql } from '../../../src/sql/index.ts'
import { manifestOf, tableNamed } from '../../support/job-world.ts'

const a = tableNamed('t.a')
const b = tableNamed('t.b')
const c = tableNamed('t.c')

test('a job becomes a manifest with every default filled in', () => {
  const manifest = jobManifest(
    job('daily-engagement', {
      trigger: on(a),
      partitions: dayPartitions({ from: '2026-01-01' }),
      reads: { spans: a },
      writes: { engagement: b },
      checks: [checks.unique('day'), checks.rowsBetween(1, 9)],
      async run({ reads, writes }) {
        const names: readonly string[] = [reads.spans.name, writes.engagement.name]
        // @ts-expect-error: only declared aliases are there
        void reads.engagement
        await Promise.resolve(names)
      },
    }),
    { team: 'product' },
  )
  assert.deepEqual(manifest, {
    name: 'daily-engagement',
    owner: null,
    team: 'product',
    doc: null,
    trigger: { kind: 'on', tables: ['t.a'] },
    partitions: { kind: 'day', from: '2026-01-01', perRun: 1 },
    reads: { spans: 't.a' },
    writes: { engagement: 't.b' },
    cpus: 1,
    memoryBytes: 512 * 1024 ** 2,
    timeoutMs: 3_600_000,
    retries: { limit: 2, minMs: 10_000, maxMs: 300_000 },
    checks: [
      { kind: 'unique', columns: ['day'] },
      { kind: 'rows-between', min: 1, max: 9 },
    ],
    command: null,
  })
  assert.deepEqual(JSON.parse(JSON.stringify(manifest)), manifest)
})

test('a job that cannot be is refused where it is declared', () => {
  assert.throws(() => job('a b', { command: 'true' }), {
    code: 'NACRE_APP_INVALID',
    message: /Job name 'a b'/,
  })
  assert.throws(() => job('', { command: 'true' }), /Job name ''/)
  assert.throws(() => job('none', {}), /neither run nor command/)
  assert.throws(() => job('both', { command: 'true', run: async () => {} }), /both run and command/)
  for (const spec of [
    { timeout: 'soon' },
    { resources: { memory: '1 GB' } },
    { retries: { limit: 1, backoff: '..' } },
  ])
    assert.throws(() => manifestOf('x', spec), {
      code: 'NACRE_APP_INVALID',
      message: /job 'x': (timeout|memory|backoff) '/,
    })
})

test('sound jobs have no problems', () => {
  const jobs = [
    manifestOf('one', { trigger: on(a), writes: { b } }),
    manifestOf('two', { trigger: on(a, b), writes: { c }, checks: [checks.notNull('day')] }),
    manifestOf('three', { trigger: after('one', 'two'), reads: { c } }),
    manifestOf('four', { trigger: cron('@hourly', { timezone: 'Europe/Paris' }) }),
    manifestOf('five', { trigger: manual() }),
  ]
  assert.deepEqual(validateJobs(jobs, ['t.a', 't.b', 't.c']), [])
})

const problems: readonly (readonly [string, Parameters<typeof manifestOf>[], readonly RegExp[]])[] = [
  [
    'an unknown table',
    [['x', { reads: { z: tableNamed('t.aa') } }]],
    [/^job 'x' reads the unknown table 't.aa'; did you mean 't.a'\?$/],
  ],
  [
    'an unknown table like no other',
    [['x', { writes: { z: tableNamed('something.else') } }]],
    [/declare it with table\(…\)/],
  ],
  [
    'an unknown parent',
    [
      ['daily', {}],
      ['x', { trigger: after('dayly') }],
    ],
    [/runs after the unknown job 'dayly'; did you mean 'daily'/],
  ],
  [
    'a wrong cron text',
    [['x', { trigger: cron('5 25 * * *') }]],
    [/job 'x' has a wrong trigger: cron text '5 25 \* \* \*' is wrong: .*hour: 25/],
  ],
  [
    'the same name twice',
    [
      ['x', {}],
      ['x', {}],
    ],
    [/'x' is declared twice/],
  ],
  [
    'two writers',
    [
      ['x', { writes: { a } }],
      ['y', { writes: { a } }],
    ],
    [/'t.a' is written by the jobs x and y/],
  ],
  ['a job that triggers itself', [['x', { trigger: on(a), writes: { a } }]], [/for ever: x → x;/]],
  [
    'a cycle through tables and jobs',
    [
      ['x', { trigger: on(a), writes: { b } }],
      ['y', { trigger: on(b) }],
      ['z', { trigger: after('y'), writes: { a } }],
      ['w', { trigger: after('x') }],
    ],
    [/for ever: x → y → z → x; take one of these triggers away\.$/],
  ],
  [
    'nothing to listen to',
    [
      ['x', { trigger: on() }],
      ['y', { trigger: after() }],
    ],
    [/triggered by no table/, /runs after no job/],
  ],
  [
    'limits beyond reason',
    [
      [
        'x',
        { timeout: '30d', resources: { cpus: 0, memory: '1MiB' }, retries: { limit: -1, backoff: '5m..1m' } },
      ],
    ],
    [/wants 0 cpus/, /wants 1 MiB/, /timeout of 2592000 s/, /retry limit of -1/, /backoff/],
  ],
  [
    'partitions that cannot be',
    [['x', { partitions: dayPartitions({ from: '2026-02-30', perRun: 0 }) }]],
    [/from '2026-02-30'/, /takes 0 days per run/],
  ],
  [
    'checks of no table',
    [['x', { writes: { a, b }, checks: [checks.unique('day'), ...checks.of('c', checks.notNull('day'))] }]],
    [/names no table, but it writes a, b; use checks.of/, /checks 'c' \(not-null\), but it writes a, b/],
  ],
]

for (const [name, specs, expected] of problems) {
  test(`problem: ${name}`, () => {
    const found = validateJobs(
      specs.map((spec) => manifestOf(...spec)),
      ['t.a', 't.b'],
    )
    assert.equal(found.length, expected.length, found.join('\n'))
    for (const [index, message] of expected.entries()) assert.match(found[index]!, message)
  })
}

test('a partition set holds exactly its days, for dates and both kinds of timestamps', async () => {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run("set timezone = 'UTC'")
  await connection.run(
    `create table facts as select t::date as d, t as ts, t::timestamptz as tz
     from range(timestamp '2025-12-30', timestamp '2026-01-12', interval 6 hour) span (t)`,
  )
  for (const days of [
    [],
    ['2026-01-02'],
    ['2026-01-05', '2026-01-02', '2026-01-03', '2026-01-02'],
    ['2025-12-31', '2026-01-01'],
  ]) {
    for (const column of ['d', 'ts', 'tz']) {
      const { text } = renderSql(partitionSet(days).where(column), () => '')
      const reader = await connection.runAndReadAll(
        `select distinct strftime(${column}, '%Y-%m-%d') from facts where ${text} order by 1`,
      )
      assert.deepEqual(reader.getRows().flat(), [...new Set(days)].toSorted(), text)
    }
  }
  connection.closeSync()
  instance.closeSync()
  assert.throws(() => partitionSet(['2026-1-1']), { code: 'NACRE_INPUT', message: /'2026-1-1' is not a day/ })
})

test('the tables of states are closed: every state is reached, and a final one stays', () => {
  for (const [moves, first] of [
    [runMoves, 'queued'],
    [attemptMoves, 'starting'],
  ] as const) {
    const reached = new Set<string>([first, ...Object.values(moves).flat()])
    assert.deepEqual(
      Object.keys(moves).filter((state) => !reached.has(state)),
      [],
    )
  }
  assert.equal(move('run', runMoves, 'queued', 'running'), 'running')
  assert.throws(() => move('run', runMoves, 'succeeded', 'running'), {
    code: 'NACRE_CONFLICT',
    message: 'A run that is succeeded cannot become running.',
  })
})
