import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NacreError } from '../../../src/base/index.ts'
import { openEngine } from '../../../src/engines/index.ts'
import { forget } from '../../../src/runner/built-in/forget.ts'
import { planOf, targetOf } from '../../support/write-target.ts'

test('a table from which nobody can be erased keeps no other table and no other person waiting', async () => {
  const target = targetOf('/nowhere', { reader: 'string' })
  const calls: string[] = []
  const replies: Readonly<Record<string, (request: { table?: string; user?: string }) => object>> = {
    erasures: () => ({
      erasures: [
        { id: '1', user: 'ann' },
        { id: '2', user: 'bob' },
      ],
    }),
    subjects: () => ({
      tables: ['a.first', 'b.broken', 'c.last'].map((table) => ({ table, column: 'reader' })),
    }),
    'erasure-plan': ({ table, user }) => {
      if (table === 'b.broken' && user === 'ann')
        throw new NacreError('NACRE_INPUT', 'b.broken has no reader')
      return { scan: planOf(target, []), target }
    },
    purge: () => ({ snapshotsExpired: 0, filesRemoved: 0, exportsRemoved: 0, scans: [] }),
    'erasure-done': () => ({}),
  }
  const client = {
    maintenance: async (step: string, request: { table?: string; user?: string; erasure?: string }) => {
      if (step === 'purge') calls.push(`${request.user} ${request.table}`)
      if (step === 'erasure-done') calls.push(`done ${request.erasure}`)
      return replies[step]!(request)
    },
  }
  await using engine = await openEngine({ name: 'duckdb', threads: 1 })
  const silent = (): void => {}
  const log = { info: silent, warn: silent, error: silent }
  const work = { client, engine, log, signal: new AbortController().signal } as never
  await assert.rejects(forget(work), /b.broken has no reader/)
  assert.deepEqual(calls, [
    'ann a.first',
    'ann c.last',
    'bob a.first',
    'bob b.broken',
    'bob c.last',
    'done 2',
  ])
})
