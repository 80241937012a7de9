import { NacreError } from '../base/index.ts'
import type { LongId, TableMetadata } from './table-metadata.ts'

/** What must hold of the metadata for updates to be applied, in the words of Iceberg's REST catalog. */
export type MetadataRequirement =
  | { readonly type: 'assert-create' }
  | { readonly type: 'assert-table-uuid'; readonly uuid: string }
  | { readonly type: 'assert-ref-snapshot-id'; readonly ref: string; readonly 'snapshot-id': LongId | null }
  | { readonly type: 'assert-current-schema-id'; readonly 'current-schema-id': number }
  | { readonly type: 'assert-last-assigned-field-id'; readonly 'last-assigned-field-id': number }
  | { readonly type: 'assert-default-spec-id'; readonly 'default-spec-id': number }

/** Throws NACRE_COMMIT_CONFLICT naming the first requirement that does not hold. `metadata` is null when there is no table. */
export function checkRequirements(
  metadata: TableMetadata | null,
  requirements: readonly MetadataRequirement[],
): void {
  for (const requirement of requirements) {
    const [what, wanted, actual] = comparison(metadata, requirement)
    if (wanted !== actual)
      throw new NacreError(
        'NACRE_COMMIT_CONFLICT',
        `The table changed: its ${what} is ${actual ?? 'absent'}, not ${wanted ?? 'absent'}. Load it again and retry.`,
        { details: { requirement: requirement.type } },
      )
  }
}

function comparison(
  metadata: TableMetadata | null,
  requirement: MetadataRequirement,
): [what: string, wanted: unknown, actual: unknown] {
  switch (requirement.type) {
    case 'assert-create':
      return ['uuid', null, metadata?.['table-uuid'] ?? null]
    case 'assert-table-uuid':
      return ['uuid', requirement.uuid, metadata?.['table-uuid']]
    case 'assert-ref-snapshot-id':
      return [
        `snapshot of '${requirement.ref}'`,
        requirement['snapshot-id'],
        metadata?.refs[requirement.ref]?.['snapshot-id'] ?? null,
      ]
    case 'assert-current-schema-id':
    case 'assert-default-spec-id': {
      const key = requirement.type === 'assert-current-schema-id' ? 'current-schema-id' : 'default-spec-id'
      return [key, (requirement as Readonly<Record<string, unknown>>)[key], metadata?.[key]]
    }
    case 'assert-last-assigned-field-id':
      return ['last column id', requirement['last-assigned-field-id'], metadata?.['last-column-id']]
  }
}
