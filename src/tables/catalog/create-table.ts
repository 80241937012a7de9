import { uuidv7 } from '../../base/index.ts'
import { withFreshIds } from '../schema/fresh-ids.ts'
import type { TableRequest } from './iceberg-catalog.ts'
import { readText, readTexts } from '../metadata/json-readers.ts'
import { applyUpdates, emptyMetadata, type MetadataUpdate } from '../metadata/metadata-updates.ts'
import { readSchema, readSortOrder, readSpec } from '../schema/parse-schema.ts'
import type { TableMetadata } from '../metadata/table-metadata.ts'

/** What a request makes of an empty table. The request comes from outside: throws NACRE_INPUT naming what is wrong with it. */
export function planTableRequest(request: TableRequest): readonly MetadataUpdate[] {
  const { schema, spec, sortOrder } = withFreshIds({
    schema: readSchema(request.schema, 'schema'),
    spec: request.spec && readSpec(request.spec, 'partition-spec'),
    sortOrder: request.sortOrder && readSortOrder(request.sortOrder, 'write-order'),
  })
  // The version wished for travels among the properties but is none of them.
  const { 'format-version': version, ...properties } = readTexts(request.properties ?? {}, 'properties')
  return [
    ...(version === undefined
      ? []
      : [{ action: 'upgrade-format-version', 'format-version': Number(version) } as const]),
    { action: 'add-schema', schema },
    { action: 'set-current-schema', 'schema-id': -1 },
    { action: 'add-spec', spec },
    { action: 'set-default-spec', 'spec-id': -1 },
    { action: 'add-sort-order', 'sort-order': sortOrder },
    { action: 'set-default-sort-order', 'sort-order-id': -1 },
    { action: 'set-properties', updates: properties },
  ]
}

/** The metadata that a request's table would begin with. */
export function stagedMetadata(request: TableRequest, location: string, nowMs: number): TableMetadata {
  const start = emptyMetadata(uuidv7(nowMs), location)
  return applyUpdates(start, planTableRequest(request), { nowMs, previous: undefined })
}

/** The folder that a request names, if it names one. */
export function requestedLocation({ location }: TableRequest): string | undefined {
  return location === undefined ? undefined : readText(location, 'location').replace(/\/+$/, '')
}
