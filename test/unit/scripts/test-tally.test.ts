import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { tally, type Tally } from '../../../scripts/test-tally.ts'

async function count(output: string): Promise<Tally & { readonly shown: string }> {
  const shown: string[] = []
  // In small chunks, as a pipe may give them.
  const chunks = Array.from({ length: Math.ceil(output.length / 7) }, (_, index) =>
    output.slice(index * 7, (index + 1) * 7),
  )
  const result = await tally(Readable.from(chunks), (line) => shown.push(line))
  return { ...result, shown: shown.join('\n') }
}

const counted = ({ passed, failed, skipped }: Tally): number[] => [passed, failed, skipped]

const passing = `TAP version 13
# Subtest: adds
ok 1 - adds
  ---
  duration_ms: 1.2
  type: 'test'
  ...
# Subtest: multiplies
ok 2 - multiplies
  ---
  duration_ms: 0.2
  type: 'test'
  ...
1..2
# tests 2
`

test('passing tests are counted and not shown', async () => {
  assert.deepEqual(await count(passing), { passed: 2, failed: 0, skipped: 0, shown: '' })
})

test('no output is no tests', async () => {
  assert.deepEqual(counted(await count('TAP version 13\n1..0\n')), [0, 0, 0])
})

test('a failure is counted once and shown with its diagnostics', async () => {
  const result = await count(`# Subtest: fails
not ok 1 - fails
  ---
  duration_ms: 1.1
  type: 'test'
  failureType: 'testCodeFailure'
  error: |-
    1 !== 2
  stack: |-
    TestContext.<anonymous> (file:///x.ts:4:30)
  ...
1..1
`)
  assert.deepEqual(counted(result), [0, 1, 0])
  assert.match(result.shown, /^✖ fails\n/)
  assert.match(result.shown, /\n {8}1 !== 2\n/)
  assert.match(result.shown, /file:\/\/\/x\.ts:4:30/)
})

test('nothing inside of diagnostics is taken for a result', async () => {
  const result = await count(`not ok 1 - fails
  ---
  type: 'test'
  error: |-
    first line
    ok 3 - not a test
    not ok 4 - not a test
    ...
    type: 'suite'
    1..2
    last line
  ...
ok 2 - passes
  ---
  type: 'test'
  ...
1..2
`)
  assert.deepEqual(counted(result), [1, 1, 0])
  assert.match(result.shown, /last line/)
})

test('what tests print is not taken for a result', async () => {
  const result = await count(`# ok 9 - printed
#   ---
#   type: "suite"
ok 1 - prints
  ---
  type: 'test'
  ...
1..1
`)
  assert.deepEqual(counted(result), [1, 0, 0])
})

test('skipped tests and suites and those to be done are counted as skipped, with their reasons', async () => {
  const result = await count(`ok 1 - postgres # SKIP no server
  ---
  type: 'test'
  ...
ok 2 - later # TODO
  ---
  type: 'test'
  ...
not ok 3 - fails, but is to be done # TODO some day
  ---
  type: 'test'
  error: 'x'
  ...
ok 4 - whole suite # SKIP
  ---
  type: 'suite'
  ...
ok 5 - costs 7 \\# SKIP is in the title
  ---
  type: 'test'
  ...
1..5
`)
  assert.deepEqual(counted(result), [1, 0, 4])
  assert.equal(
    result.shown,
    '– skipped: postgres no server\n– skipped: later\n– skipped: fails, but is to be done some day\n– skipped: whole suite',
  )
})

test('of suites and tests of tests only what is inside is counted', async () => {
  const result = await count(`# Subtest: a suite
    # Subtest: inside
    ok 1 - inside
      ---
      type: 'test'
      ...
    # Subtest: deep
        # Subtest: deep fails
        not ok 1 - deep fails
          ---
          type: 'test'
          failureType: 'testCodeFailure'
          error: 'deep'
          ...
        1..1
    not ok 2 - deep
      ---
      type: 'suite'
      failureType: 'subtestsFailed'
      error: '1 subtest failed'
      ...
    1..2
not ok 1 - a suite
  ---
  type: 'suite'
  failureType: 'subtestsFailed'
  ...
# Subtest: parent
    # Subtest: child
    ok 1 - child
      ---
      type: 'test'
      ...
    1..1
ok 2 - parent
  ---
  type: 'test'
  ...
ok 3 - after the parent
  ---
  type: 'test'
  ...
1..3
`)
  assert.deepEqual(counted(result), [3, 1, 0])
  assert.match(result.shown, /^✖ deep fails\n/)
  assert.equal(result.shown.match(/✖/g)?.length, 1)
})

test('a parent that fails by itself counts as a failure', async () => {
  const result = await count(`# Subtest: a suite
    ok 1 - inside
      ---
      type: 'test'
      ...
    1..1
not ok 1 - a suite
  ---
  type: 'suite'
  failureType: 'hookFailed'
  error: 'failed running after hook'
  ...
# Subtest: parent
    ok 1 - child
      ---
      type: 'test'
      ...
    1..1
not ok 2 - parent
  ---
  type: 'test'
  failureType: 'testCodeFailure'
  error: 'after its children'
  ...
1..2
`)
  assert.deepEqual(counted(result), [2, 2, 0])
  assert.match(result.shown, /✖ a suite\n[^]*after hook[^]*✖ parent\n[^]*after its children/)
})

test('a file that does not load is a failure, and named', async () => {
  const result = await count(`TAP version 13
# throw new Error('does not load')
# Subtest: /project/test/broken.test.ts
not ok 1 - /project/test/broken.test.ts
  ---
  type: 'test'
  failureType: 'testCodeFailure'
  exitCode: 1
  ...
1..1
`)
  assert.deepEqual(counted(result), [0, 1, 0])
  assert.match(
    result.shown,
    /# Subtest: \/project\/test\/broken\.test\.ts\n✖ \/project\/test\/broken\.test\.ts/,
  )
})

test('output that is cut off keeps what had ended', async () => {
  assert.deepEqual(counted(await count(passing.slice(0, passing.indexOf('  ...') + 6))), [1, 0, 0])
  assert.deepEqual(counted(await count('not ok 1 - dies\n  ---\n  type:')), [0, 1, 0])
})
