import { Type } from 'typebox'
import type { LoadedView, PartitionSpec, Schema, SortOrder } from '../../tables/index.ts'

// Bodies of requests as far as the server looks into them, and bodies of answers:
// https://github.com/apache/iceberg/blob/main/open-api/rest-catalog-open-api.yaml

const propertyMap = Type.Record(Type.String(), Type.String())

const identifier = Type.Object({ namespace: Type.Array(Type.String()), name: Type.String() })

export const createNamespaceBody = Type.Object({
  namespace: Type.Array(Type.String()),
  properties: Type.Optional(propertyMap),
})

export const changeNamespaceBody = Type.Object({
  removals: Type.Optional(Type.Array(Type.String())),
  updates: Type.Optional(propertyMap),
})

export const createTableBody = Type.Object({
  name: Type.String(),
  schema: Type.Unsafe<Schema>({ type: 'object' }),
  'partition-spec': Type.Optional(Type.Unsafe<PartitionSpec | null>({})),
  'write-order': Type.Optional(Type.Unsafe<SortOrder | null>({})),
  location: Type.Optional(Type.Unsafe<string | null>({})),
  properties: Type.Optional(propertyMap),
  'stage-create': Type.Optional(Type.Boolean()),
})

export const registerBody = Type.Object({
  name: Type.String(),
  'metadata-location': Type.String(),
  overwrite: Type.Optional(Type.Boolean()),
})

export const registerViewBody = Type.Object({ name: Type.String(), 'metadata-location': Type.String() })

export const commitBody = Type.Object({
  identifier: Type.Optional(identifier),
  requirements: Type.Array(Type.Unknown()),
  updates: Type.Array(Type.Unknown()),
})

export const transactionBody = Type.Object({
  'table-changes': Type.Array(Type.Object({ ...commitBody.properties, identifier })),
})

export const renameBody = Type.Object({ source: identifier, destination: identifier })

export const metricsBody = Type.Object({ 'report-type': Type.String() })

export const createViewBody = Type.Object({
  name: Type.String(),
  schema: Type.Unsafe<object>({ type: 'object' }),
  'view-version': Type.Unsafe<object>({ type: 'object' }),
  properties: propertyMap,
  location: Type.Optional(Type.Unsafe<string | null>({})),
})

export const commitViewBody = Type.Object({
  requirements: Type.Optional(Type.Array(Type.Object({ type: Type.String() }))),
  updates: Type.Array(
    Type.Object({
      action: Type.String(),
      updates: Type.Optional(propertyMap),
      removals: Type.Optional(Type.Array(Type.String())),
    }),
  ),
})

export function viewBody({ metadata, metadataLocation }: LoadedView): object {
  return { 'metadata-location': metadataLocation, metadata, config: {} }
}

/** A view's own properties. */
export function propertiesOf(metadata: LoadedView['metadata']): Readonly<Record<string, string>> {
  return (metadata['properties'] ?? {}) as Readonly<Record<string, string>>
}
