import { NacreError } from '../../base/index.ts'
import type { PartitionValue } from '../manifests/data-file.ts'
import { parseValue } from '../schema/primitive-codec.ts'
import type { PrimitiveType, Schema } from '../schema/schema.ts'
import { leafFieldsOf } from '../schema/schema-fields.ts'
import type { ValueRange } from '../schema/transforms.ts'
import type { ValueCondition } from './value-conditions.ts'

/** A comparison of one column, `a` or `a.b`, with values in the form of {@link PartitionValue}. */
export type ColumnTest =
  | {
      readonly column: string
      readonly is: '=' | '<' | '<=' | '>' | '>='
      readonly value: NonNullable<PartitionValue>
    }
  | { readonly column: string; readonly is: 'in'; readonly values: readonly NonNullable<PartitionValue>[] }
  | { readonly column: string; readonly is: 'null' | 'not null' }

/**
 * What the rows that matter have in common: all tests hold. A plan leaves out files that cannot hold such a row; of the files it
 * names, a reader still filters the rows itself.
 */
export type ScanFilter = readonly ColumnTest[]

/** A test whose column was found. */
export interface BoundTest {
  readonly fieldId: number
  readonly type: PrimitiveType
  readonly condition: ValueCondition
}

/** Finds the columns of a filter. Throws NACRE_INPUT for one that is not there or cannot be compared, and for a value of another type. */
export function bindFilter(schema: Schema, filter: ScanFilter): readonly BoundTest[] {
  const leaves = [...leafFieldsOf(schema).values()]
  return filter.map((test) => {
    const leaf = leaves.find(({ path }) => path.join('.') === test.column)
    if (leaf === undefined)
      throw new NacreError(
        'NACRE_INPUT',
        `The filter names column '${test.column}', which the table lacks or which holds more than one value. Columns are ${leaves.map(({ path }) => path.join('.')).join(', ')}.`,
      )
    const type = leaf.field.type as PrimitiveType
    return { fieldId: leaf.field.id, type, condition: conditionOf(type, test) }
  })
}

function conditionOf(type: PrimitiveType, test: ColumnTest): ValueCondition {
  switch (test.is) {
    case 'null':
      return 'null'
    case 'not null':
      return 'not-null'
    case 'in':
      return test.values.map((value) => exactly(type, value))
    case '=':
      return [exactly(type, test.value)]
    // The bound itself is let in: a plan may name too many files, never too few.
    case '<':
    case '<=':
      return [{ upper: parseValue(type, test.value) }]
    case '>':
    case '>=':
      return [{ lower: parseValue(type, test.value) }]
  }
}

function exactly(type: PrimitiveType, value: NonNullable<PartitionValue>): ValueRange {
  const parsed = parseValue(type, value)
  return { lower: parsed, upper: parsed }
}
