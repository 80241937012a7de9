import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { columnFacts } from '../../../src/tables/scan/column-facts.ts'
import { commonFacts } from '../../../src/tables/scan/common-facts.ts'
import { dataFileEntries } from '../../../src/tables/manifests/data-file-entry.ts'
import {
  partitionOf,
  typedPartitionFields,
  type ColumnStats,
  type ColumnTest,
  type PartitionSpec,
  type PartitionTuple,
  type PrimitiveType,
  type Schema,
} from '../../../src/tables/index.ts'
import type { ManifestEntry } from '../../../src/tables/manifests/manifest.ts'
import { emptyMetadata } from '../../../src/tables/metadata/metadata-updates.ts'
import { summarizePartitions } from '../../../src/tables/manifests/partition-summaries.ts'
import { compareValues, parseValue } from '../../../src/tables/schema/primitive-codec.ts'
import { bindFilter } from '../../../src/tables/scan/scan-filter.ts'
import { selectFiles } from '../../../src/tables/scan/scan-selection.ts'
import type { TableMetadata } from '../../../src/tables/metadata/table-metadata.ts'

type Value = string | number | null
type Row = Readonly<Record<string, Value>>

const columns: Readonly<Record<string, PrimitiveType>> = {
  id: 'long',
  at: 'timestamptz',
  day: 'date',
  text: 'string',
  price: 'decimal(9,2)',
  ratio: 'double',
}
const schema: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: Object.entries(columns).map(([name, type], index) => ({
    id: index + 1,
    name,
    required: false,
    type,
  })),
}
const transforms: Readonly<Record<string, readonly string[]>> = {
  id: ['identity', 'bucket[3]', 'truncate[10]', 'void'],
  at: ['identity', 'year', 'month', 'day', 'hour', 'bucket[2]'],
  day: ['identity', 'year', 'month', 'day'],
  text: ['identity', 'truncate[1]', 'truncate[3]', 'bucket[4]'],
  price: ['identity', 'truncate[50]', 'bucket[2]'],
}

const moment = fc
  .date({ min: new Date('1969-12-29'), max: new Date('1970-01-04'), noInvalidDate: true })
  .map((date) => date.toISOString())
const row: fc.Arbitrary<Row> = fc.record({
  id: fc.option(fc.integer({ min: -25, max: 25 })),
  at: fc.option(moment),
  day: fc.option(moment.map((text) => text.slice(0, 10))),
  text: fc.option(fc.string({ unit: fc.constantFrom('a', 'b', 'é', '🧊', '\u{10ffff}'), maxLength: 20 })),
  price: fc.option(fc.integer({ min: -200, max: 200 }).map((cents) => (cents / 100).toFixed(2))),
  ratio: fc.option(fc.constantFrom(-1.5, 0, 2.5, Number.NaN, Number.POSITIVE_INFINITY)),
})

const specOf = (id: number): fc.Arbitrary<PartitionSpec> =>
  fc
    .uniqueArray(
      fc.constantFrom(
        ...Object.entries(transforms).flatMap(([name, list]) =>
          list.map((transform) => ({ name, transform })),
        ),
      ),
      { maxLength: 2, selector: ({ name, transform }) => `${name} ${transform}` },
    )
    .map((fields) => ({
      'spec-id': id,
      fields: fields.map(({ name, transform }, index) => ({
        'source-id': Object.keys(columns).indexOf(name) + 1,
        'field-id': 1000 + 10 * id + index,
        name: `${name}_${transform.replaceAll(/\W/g, '')}`,
        transform,
      })),
    }))

const columnTest: fc.Arbitrary<ColumnTest> = fc
  .tuple(
    fc.constantFrom(...Object.keys(columns)),
    row,
    row,
    fc.constantFrom('=', '<', '<=', '>', '>=', 'in', 'null', 'not null'),
  )
  .filter(([column, one, other]) => usable(one[column]!) && usable(other[column]!))
  .map(([column, one, other, is]): ColumnTest => {
    if (is === 'null' || is === 'not null') return { column, is }
    if (is === 'in') return { column, is, values: [one[column]!, other[column]!] }
    return { column, is: is as '=', value: one[column]! }
  })

test('a file that holds a row asked for is never left out', () => {
  fc.assert(
    fc.property(
      specOf(0),
      specOf(1),
      fc.array(fc.tuple(fc.boolean(), fc.array(row, { minLength: 1, maxLength: 8 })), { maxLength: 4 }),
      fc.array(columnTest, { maxLength: 2 }),
      fc.option(fc.array(fc.tuple(row, fc.boolean()), { maxLength: 2 }), { nil: undefined }),
      (older, current, batches, where, wantedRows) => {
        const metadata: TableMetadata = {
          ...emptyMetadata('00000000-0000-7000-8000-000000000000', 'memory:///t'),
          schemas: [schema],
          'current-schema-id': 0,
          'partition-specs': [older, current],
          'default-spec-id': 1,
          'last-column-id': 6,
        }
        const partitions = wantedRows?.map(([like, isWhole]) =>
          Object.fromEntries(Object.entries(tupleOf(current, like)).slice(0, isWhole ? 2 : 1)),
        )
        const selectionOf = selectFiles(metadata, { partitions, tests: bindFilter(schema, where) })
        const isAsked = (one: Row): boolean =>
          where.every((condition) => holds(condition, one)) &&
          (partitions === undefined || partitions.some((pattern) => matches(tupleOf(current, one), pattern)))
        for (const [isOld, rows] of batches) {
          const spec = isOld ? older : current
          const files = Map.groupBy(rows, (one) => JSON.stringify(tupleOf(spec, one)))
          const entries = [...files.values()].map((held) => entryOf(metadata, spec, held))
          const summaries = summarizePartitions(
            typedPartitionFields(spec, schema),
            entries.map(({ data_file: file }) => file.partition),
          )
          const selection = selectionOf(spec['spec-id'])
          const common = commonFacts(schema, entries)
          for (const [index, held] of [...files.values()].entries()) {
            const file = entries[index]!.data_file
            const share = selection.shareOf(file.partition)
            const facts = columnFacts(file)
            if (held.some(isAsked)) {
              assert.ok(selection.mayListFiles(summaries), 'its manifest is read')
              assert.notEqual(share, 'none', 'its partition is selected')
              assert.ok(
                selection.mayHoldRows((id) => facts.get(id)),
                'its columns may hold the row',
              )
              assert.ok(
                selection.mayHoldRows((id) => common.get(id)),
                'the columns of its manifest may',
              )
            }
            if (share === 'all' && partitions !== undefined)
              for (const one of held)
                assert.ok(
                  partitions.some((pattern) => matches(tupleOf(current, one), pattern)),
                  'no row of another partition is taken for one that was asked for',
                )
          }
        }
      },
    ),
    { numRuns: 3000 },
  )
})

function usable(value: Value): boolean {
  return value !== null && !Number.isNaN(value)
}

function tupleOf(spec: PartitionSpec, one: Row): PartitionTuple {
  return Object.fromEntries(
    spec.fields.map(({ name, transform, 'source-id': id }) => {
      const column = Object.keys(columns)[id - 1]!
      return [name, partitionOf(transform, columns[column]!, one[column]!)]
    }),
  )
}

function matches(tuple: PartitionTuple, pattern: PartitionTuple): boolean {
  return Object.entries(pattern).every(([name, value]) => tuple[name] === value)
}

/** As DuckDB has it: NaN is the greatest number. */
function compare(type: PrimitiveType, one: Value, other: Value): number {
  if (Number.isNaN(one)) return 1
  return compareValues(parseValue(type, one!), parseValue(type, other!))
}

function holds(condition: ColumnTest, one: Row): boolean {
  const value = one[condition.column]!
  const type = columns[condition.column]!
  if (condition.is === 'null') return value === null
  if (condition.is === 'not null') return value !== null
  if (value === null) return false
  if (condition.is === 'in')
    return condition.values.some((wanted) => compare(type, value, wanted as Value) === 0)
  const order = compare(type, value, (condition as { value: Value }).value)
  return { '=': order === 0, '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[
    condition.is
  ]
}

function entryOf(metadata: TableMetadata, spec: PartitionSpec, held: readonly Row[]): ManifestEntry {
  const stats = Object.entries(columns).map(([name, type], index) => [
    String(index + 1),
    statsOf(name, type, held),
  ])
  return {
    status: 1,
    snapshot_id: 1,
    sequence_number: 1,
    file_sequence_number: 1,
    data_file: dataFileEntries(metadata)({
      path: 'memory:///t/data/x',
      rowCount: held.length,
      sizeBytes: 1,
      partition: tupleOf(spec, held[0]!),
      stats: Object.fromEntries(stats) as Record<string, ColumnStats>,
    }),
  }
}

function statsOf(name: string, type: PrimitiveType, held: readonly Row[]): ColumnStats {
  const given = held.map((one) => one[name]!).filter((value) => value !== null)
  const ordered = given
    .filter((value) => !Number.isNaN(value))
    .toSorted((one, other) => compare(type, one, other))
    .map((value) => (value === Number.POSITIVE_INFINITY ? 'inf' : String(value)))
  return {
    sizeBytes: 1,
    valueCount: held.length,
    nullCount: held.length - given.length,
    ...(type === 'double' && { hasNan: ordered.length < given.length }),
    ...(ordered.length > 0 && { min: ordered[0]!, max: ordered.at(-1)! }),
  }
}
