import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommandContext } from '../../../src/cli/command.ts'
import { tableViews } from '../../../src/cli/commands/show-table.ts'
import type { SchemaVersion } from '../../../src/server/contract.ts'

test("a table's history marks the current version, when an older one became current again too", async () => {
  const version = (schemaId: number, isCurrent: boolean): SchemaVersion => ({
    schemaId,
    isCurrent,
    columns: 1,
    firstUsedAt: null,
    changes: [],
  })
  const lines: string[] = []
  const context = { print: (line: string) => lines.push(line) } as unknown as CommandContext
  await tableViews['history']!.show([version(1, false), version(0, true)], context)
  assert.deepEqual(lines.join('\n').split('\n').slice(1), [
    '1            –           began with 1 column',
    '0 (current)  –           began with 1 column',
  ])
})
