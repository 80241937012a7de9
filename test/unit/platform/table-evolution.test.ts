import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeEvolution } from '../../../src/platform/table-evolution.ts'
import { planCreation, planEvolution } from '../../../src/tables/definition/plan-definition.ts'
import { monthOf, type TableMetadata, type TableSpec } from '../../../src/tables/index.ts'
import { applyUpdates, emptyMetadata } from '../../../src/tables/metadata/metadata-updates.ts'
import { define } from '../../support/temp-catalog.ts'

const at = { nowMs: 0, previous: undefined }
const sales: TableSpec = { columns: { at: 'timestamptz', total: 'int' }, key: ['at'], doc: 'Sold.' }
const before = applyUpdates(emptyMetadata('uuid', 'file:///w/a/t'), planCreation(define('a.t', sales)), at)
const evolve = (spec: TableSpec, from: TableMetadata = before): TableMetadata =>
  applyUpdates(from, planEvolution(define('a.t', spec), from), at)

const changed: TableSpec = {
  columns: { at: 'timestamptz', amount: { type: 'long', renamedFrom: 'total' } },
  partitionBy: [monthOf('at')],
  sortBy: ['amount'],
  owner: 'ines',
  doc: 'What was sold.',
}

test('what became of a table: columns, partitioning, order, and what is said of it', () => {
  assert.deepEqual(describeEvolution(before, evolve(sales)), [])
  assert.deepEqual(describeEvolution(before, evolve(changed)), [
    'renamed total to amount',
    'widened amount from int to long',
    'partitioned by month of at',
    'sorted by amount',
    'described anew',
    'owner ines',
    'key taken back',
  ])
})

test('a renamed column partitions and orders as before; what is taken back is told', () => {
  const after = evolve(changed)
  const columns = { amount: 'long', when: { type: 'timestamptz', renamedFrom: 'at' } } as const
  assert.deepEqual(
    describeEvolution(after, evolve({ ...changed, columns, partitionBy: [monthOf('when')] }, after)),
    ['renamed at to when', 'moved when after amount'],
  )
  const { partitionBy: _partitionBy, sortBy: _sortBy, ...plain } = changed
  assert.deepEqual(describeEvolution(after, evolve(plain, after)), ['partitioned no more', 'sorted no more'])
})
