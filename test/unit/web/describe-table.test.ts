import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeLateness, formatDelta, mayChange } from '../../../web/format/describe-table.ts'
import { formatBytes } from '../../../web/format/format-number.ts'

test('a table is late once its promise has passed, by so much', () => {
  const now = Date.parse('2026-01-05T12:00:00Z')
  assert.equal(describeLateness(null, now), null)
  assert.equal(describeLateness('2026-01-05T12:00:00Z', now), null)
  assert.equal(describeLateness('2026-01-05T12:00:01Z', now), null)
  assert.equal(describeLateness('2026-01-05T11:48:00Z', now), 'late by 12 min')
  assert.equal(describeLateness('2026-01-03T09:00:00Z', now), 'late by 2 d 3 h')
})

test('differences carry their sign', () => {
  assert.deepEqual([formatDelta(1_204), formatDelta(-3), formatDelta(0)], ['+1,204', '−3', ''])
  assert.equal(formatDelta(-2048, formatBytes), '−2.0 KiB')
})

test("editors change their team's tables; those of no team only who is of every team", () => {
  const editor = { role: 'editor', team: 'red' } as const
  assert.equal(mayChange(editor, { team: 'red' }), true)
  assert.equal(mayChange(editor, { team: null }), false)
  assert.equal(mayChange({ role: 'editor', team: null }, { team: null }), true)
  assert.equal(mayChange(editor, { team: 'blue' }), false)
  assert.equal(mayChange({ role: 'editor', team: null }, { team: 'blue' }), true)
  assert.equal(mayChange({ role: 'viewer', team: null }, { team: null }), false)
  assert.equal(mayChange(undefined, { team: null }), false)
})
