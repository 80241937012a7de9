import { spanOfColumn, type ColumnFacts } from './column-facts.ts'
import type { PartitionTuple } from '../manifests/data-file.ts'
import { spanOfSummary } from '../manifests/partition-summaries.ts'
import type { PartitionSummary } from '../manifests/manifest-list.ts'
import {
  canonicalTuple,
  knownPartitionFields,
  storedPartition,
  typedPartitionFields,
  type TypedPartitionField,
} from '../manifests/partition-tuples.ts'
import type { BoundTest } from './scan-filter.ts'
import { currentSchema, currentSpec, specById, type TableMetadata } from '../metadata/table-metadata.ts'
import { rangeBehind } from '../schema/transforms.ts'
import { mayHold, projectCondition, type ValueCondition, type ValueSpan } from './value-conditions.ts'

/**
 * How much of a file belongs to the partitions asked for: `some` when it was written under another partitioning, so that its
 * tuple does not say.
 */
export type Share = 'none' | 'some' | 'all'

/** Which files of one partition spec a scan needs. */
export interface SpecSelection {
  /** Whether a manifest may list a needed file, by its summaries. */
  mayListFiles(summaries: readonly PartitionSummary[] | null): boolean
  /** How much of the files of a partition is needed, by its tuple alone. */
  shareOf(tuple: PartitionTuple): Share
  /** Whether a file of a needed partition may hold a needed row, by what is known of its columns. */
  mayHoldRows(factsOf: (fieldId: number) => ColumnFacts | undefined): boolean
  /** Ids of the columns that {@link mayHoldRows} looks at. */
  readonly columns: readonly number[]
}

/** What a scan asks for. */
export interface ScanRequest {
  /** Patterns of the current spec; a file is needed when one matches. Undefined: every file. */
  readonly partitions?: readonly PartitionTuple[] | undefined
  readonly tests: readonly BoundTest[]
}

/**
 * Makes the selections of a table's specs. A partition pattern is exact for files of the current spec, and of an older one as
 * far as that has the same fields. Of other files it is a condition on the columns its fields are made of, by which they are
 * left out only when they cannot hold such rows.
 */
export function selectFiles(
  metadata: TableMetadata,
  request: ScanRequest,
): (specId: number) => SpecSelection {
  const fields = typedPartitionFields(currentSpec(metadata), currentSchema(metadata))
  const patterns = request.partitions?.map((tuple) => canonicalTuple(fields, tuple, { partial: true })) ?? [
    {},
  ]
  const schemas = [currentSchema(metadata), ...metadata.schemas.toReversed()]
  const selections = new Map<number, SpecSelection>()
  return (specId) => {
    const known = selections.get(specId)
    if (known) return known
    const specFields = knownPartitionFields(specById(metadata, specId), schemas)
    const choices = patterns.map((pattern) => choiceOf(pattern, fields, specFields))
    const selection = selectionOf(specFields, choices, request.tests)
    selections.set(specId, selection)
    return selection
  }
}

/** A pattern as files of one spec can be held against it. */
interface Choice {
  /** Values of fields that the spec has too. */
  readonly exact: readonly { readonly field: TypedPartitionField; readonly value: PartitionTuple[string] }[]
  /** What the other fields ask of columns. */
  readonly tests: readonly BoundTest[]
  /** Whether the spec has every field of the pattern. */
  readonly isExact: boolean
}

function choiceOf(
  pattern: PartitionTuple,
  fields: readonly TypedPartitionField[],
  specFields: readonly TypedPartitionField[],
): Choice {
  const named = fields.filter(({ name }) => pattern[name] !== undefined)
  const same = (field: TypedPartitionField): TypedPartitionField | undefined =>
    specFields.find(
      (other) => other['source-id'] === field['source-id'] && other.transform === field.transform,
    )
  return {
    exact: named.flatMap((field) => {
      const other = same(field)
      return other ? { field: other, value: pattern[field.name]! } : []
    }),
    tests: named.flatMap((field) => {
      const condition = same(field) ? undefined : conditionBehind(field, pattern[field.name]!)
      return condition ? { fieldId: field['source-id'], type: field.sourceType, condition } : []
    }),
    isExact: named.every((field) => same(field) !== undefined),
  }
}

function conditionBehind(
  field: TypedPartitionField,
  value: PartitionTuple[string],
): ValueCondition | undefined {
  if (field.parsed.kind === 'void') return undefined
  const stored = storedPartition(field, value)
  if (stored === null) return 'null'
  const range = rangeBehind(field.parsed, field.sourceType, stored)
  return range ? [range] : 'not-null'
}

function selectionOf(
  specFields: readonly TypedPartitionField[],
  choices: readonly Choice[],
  filter: readonly BoundTest[],
): SpecSelection {
  const fieldTests = (tests: readonly BoundTest[]): readonly FieldTest[] =>
    specFields.flatMap((field) =>
      tests
        .filter(({ fieldId }) => fieldId === field['source-id'])
        .map((test) => ({ field, condition: projectCondition(test.condition, field) }))
        .filter((test): test is FieldTest => test.condition !== undefined),
    )
  const filterTests = fieldTests(filter)
  const plans = choices.map((choice) => ({ ...choice, fieldTests: fieldTests(choice.tests) }))
  const columns = new Set([...filter, ...choices.flatMap(({ tests }) => tests)].map(({ fieldId }) => fieldId))
  return {
    columns: [...columns],

    mayListFiles(summaries) {
      if (summaries === null) return true
      const meets = ({ field, condition }: FieldTest): boolean => {
        const summary = summaries[field.position]
        return summary === undefined || mayHold(condition, spanOfSummary(field, summary))
      }
      const equals = ({ field, value }: Choice['exact'][number]): boolean => {
        const stored = storedPartition(field, value)
        return meets({ field, condition: stored === null ? 'null' : [{ lower: stored, upper: stored }] })
      }
      return (
        filterTests.every(meets) &&
        plans.some((plan) => plan.exact.every(equals) && plan.fieldTests.every(meets))
      )
    },

    shareOf(tuple) {
      const meets = ({ field, condition }: FieldTest): boolean =>
        mayHold(condition, spanOfTuple(field, tuple))
      if (!filterTests.every(meets)) return 'none'
      const matching = plans.filter(
        (plan) =>
          plan.exact.every(({ field, value }) => tuple[field.name] === value) && plan.fieldTests.every(meets),
      )
      if (matching.length === 0) return 'none'
      return matching.some(({ isExact }) => isExact) ? 'all' : 'some'
    },

    mayHoldRows(factsOf) {
      const meets = ({ fieldId, type, condition }: BoundTest): boolean =>
        mayHold(condition, spanOfColumn(type, factsOf(fieldId)))
      return filter.every(meets) && choices.some(({ tests }) => tests.every(meets))
    },
  }
}

interface FieldTest {
  readonly field: TypedPartitionField
  readonly condition: ValueCondition
}

function spanOfTuple(field: TypedPartitionField, tuple: PartitionTuple): ValueSpan {
  const given = tuple[field.name]
  const isNan = typeof given === 'number' && Number.isNaN(given)
  const value = given === undefined || isNan ? undefined : storedPartition(field, given)
  return {
    lower: value ?? undefined,
    upper: value ?? undefined,
    mayHoldNull: given === undefined || value === null,
    mayHoldValues: value !== null,
    mayHoldNan: isNan,
  }
}
