import { NacreError } from '../base/index.ts'
import type { LongId, TableMetadata } from './table-metadata.ts'

/** What must hold of the metadata for updates to be applied, in the words of Iceberg's REST catalog. */
export type MetadataRequirement =
  | { readonly type: 'assert-create' }
  | { readonly type: 'assert-table-uuid'; readonly uuid: string }
  | { readonly type: 'assert-ref-snapshot-id'; readonly ref: string; readonly 'snapshot-id': LongId | null }
  | { readonly type: 'assert-current-schema-id'; readonly 'current-schema-id': number }
  | { readonly type: 'assert-last-assigned-field-id'; readonly 'last-assigned-field-id': number }

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
  const actual = <Key extends keyof TableMetadata>(key: Key): TableMetadata[Key] | null =>
    metadata?.[key] ?? null
  switch (requirement.type) {
    case 'assert-create':
      return { what: 'uuid', wanted: null, actual: actual('table-uuid') }
    case 'assert-table-uuid':
      return { what: 'uuid', wanted: requirement.uuid, actual: actual('table-uuid') }
    case 'assert-ref-snapshot-id':
      return {
        what: `snapshot of '${requirement.ref}'`,
        wanted: requirement['snapshot-id'],
        actual: actual('refs')?.[requirement.ref]?.['snapshot-id'] ?? null,
      }
    case 'assert-current-schema-id':
      return { what: 'schema', wanted: requirement['current-schema-id'], actual: actual('current-schema-id') }
    case 'assert-last-assigned-field-id':
      return {
        what: 'last field id',
        wanted: requirement['last-assigned-field-id'],
        actual: actual('last-column-id'),
      }
  }
}
