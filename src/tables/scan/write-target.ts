import type { LoadedTable } from '../commit/commit-tables.ts'
import type { WriteTarget } from './scan-plan.ts'
import { currentSchema, currentSpec, sortColumns } from '../metadata/table-metadata.ts'

/** All that an engine needs to write files for a table. */
export function writeTarget({ name, metadata }: LoadedTable): WriteTarget {
  return {
    table: name,
    tableUuid: metadata['table-uuid'],
    schema: currentSchema(metadata),
    spec: currentSpec(metadata),
    sortBy: sortColumns(metadata),
    dataLocation: `${metadata.location}/data`,
  }
}
