import { NacreError } from '../../base/index.ts'
import type { LongId, TableMetadata } from './table-metadata.ts'

/** What must hold of the metadata for updates to be applied, in the words of Iceberg's REST catalog. */
export type MetadataRequirement =
  | { readonly type: 'assert-create' }
  | { readonly type: 'assert-table-uuid'; readonly uuid: string }
  /** Null: the reference must not exist. */
  | { readonly type: 'assert-ref-snapshot-id'; readonly ref: string; readonly 'snapshot-id': LongId | null }
  | { readonly type: 'assert-last-assigned-field-id'; readonly 'last-assigned-field-id': number }
  | { readonly type: 'assert-current-schema-id'; readonly 'current-schema-id': number }
  | { readonly type: 'assert-last-assigned-partition-id'; readonly 'last-assigned-partition-id': number }
  | { readonly type: 'assert-default-spec-id'; readonly 'default-spec-id': number }
  | { readonly type: 'assert-default-sort-order-id'; readonly 'default-sort-order-id': number }

/** Throws NACRE_COMMIT_CONFLICT naming the first requirement that does not hold. `metadata` is null when there is no table. */
export function checkRequirements(
  metadata: TableMetadata | null,
  requirements: readonly MetadataRequirement[],
): void {
  for (const requirement of requirements) {
    const { what, wanted, actual } = compare(metadata, requirement)
    if (wanted !== actual)
      throw new NacreError(
        'NACRE_COMMIT_CONFLICT',
        `The table changed: its ${what} is ${actual ?? 'absent'}, not ${wanted ?? 'absent'}. Load it again and retry.`,
        { details: { requirement: requirement.type } },
      )
  }
}

interface Comparison {
  readonly what: string
  readonly wanted: string | LongId | null
  readonly actual: string | LongId | null
}

function compare(metadata: TableMetadata | null, requirement: MetadataRequirement): Comparison {
  const uuid = metadata?.['table-uuid'].toLowerCase() ?? null
  switch (requirement.type) {
    case 'assert-create':
      return { what: 'uuid', wanted: null, actual: uuid }
    case 'assert-table-uuid':
      return { what: 'uuid', wanted: requirement.uuid.toLowerCase(), actual: uuid }
    case 'assert-ref-snapshot-id':
      return {
        what: `snapshot of '${requirement.ref}'`,
        wanted: requirement['snapshot-id'],
        actual: metadata?.refs[requirement.ref]?.['snapshot-id'] ?? null,
      }
    case 'assert-last-assigned-field-id':
      return numbers('last field id', requirement['last-assigned-field-id'], metadata?.['last-column-id'])
    case 'assert-current-schema-id':
      return numbers('current schema', requirement['current-schema-id'], metadata?.['current-schema-id'])
    case 'assert-last-assigned-partition-id':
      return numbers(
        'last partition field id',
        requirement['last-assigned-partition-id'],
        metadata?.['last-partition-id'],
      )
    case 'assert-default-spec-id':
      return numbers('default partition spec', requirement['default-spec-id'], metadata?.['default-spec-id'])
    case 'assert-default-sort-order-id':
      return numbers(
        'default sort order',
        requirement['default-sort-order-id'],
        metadata?.['default-sort-order-id'],
      )
  }
}

function numbers(what: string, wanted: number, actual: number | undefined): Comparison {
  return { what, wanted, actual: actual ?? null }
}
