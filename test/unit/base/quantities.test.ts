import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDurationMs, parseSizeBytes } from '../../../src/base/index.ts'

test('durations and sizes are read in every unit', () => {
  assert.deepEqual(
    ['500ms', '10s', '1.5m', '2h', '1d', '0s'].map((text) => parseDurationMs(text)),
    [500, 10_000, 90_000, 7_200_000, 86_400_000, 0],
  )
  assert.deepEqual(
    ['7B', '2kB', '4MB', '1GB', '1KiB', '512MiB', '1.5GiB'].map((text) => parseSizeBytes(text)),
    [7, 2000, 4_000_000, 1e9, 1024, 536_870_912, 1_610_612_736],
  )
})

for (const text of ['', '10', 's', '-1s', '1 s', '1e3s', '10S', '10sec', '1s ', '٣s', 'Infinitys']) {
  test(`'${text}' is no duration; the error says whose it is and what to write`, () => {
    assert.throws(() => parseDurationMs(text, 'timeout'), {
      code: 'NACRE_INPUT',
      message: `timeout '${text}' is not a duration; write a number and ms, s, m, h or d, such as '10m'.`,
    })
  })
}

for (const text of ['', '512', '512mib', '512 MiB', '-1B', '1TiB', 'MiB']) {
  test(`'${text}' is no size; the error says whose it is and what to write`, () => {
    assert.throws(() => parseSizeBytes(text, 'memory'), {
      code: 'NACRE_INPUT',
      message: `memory '${text}' is not a size; write a number and B, kB, MB, GB, KiB, MiB or GiB, such as '512MiB'.`,
    })
  })
}
