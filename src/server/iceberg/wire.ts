import { Type } from 'typebox'
import type { LoadedView, PartitionSpec, Schema, SortOrder } from '../../tables/index.ts'

// Bodies of requests as far as the server looks into them, and bodies of answers:
// https://github.com/apache/iceberg/blob/main/open-api/rest-catalog-open-api.yaml

const propertyMap = Type.Record(Type.String(), Type.String())

const identifier = Type.Object({ namespace: Type.Array(Type.String()), name: Type.String() })

export const createNamespaceBody: Type.TObject<{
  namespace: Type.TArray<Type.TString>
  properties: Type.TOptional<Type.TRecord<'^.*$', Type.TString>>
}> = Type.Object({
  namespace: Type.Array(Type.String()),
  properties: Type.Optional(propertyMap),
})

export const changeNamespaceBody: Type.TObject<{
  removals: Type.TOptional<Type.TArray<Type.TString>>
  updates: Type.TOptional<Type.TRecord<'^.*$', Type.TString>>
}> = Type.Object({
  removals: Type.Optional(Type.Array(Type.String())),
  updates: Type.Optional(propertyMap),
})

export const createTableBody: Type.TObject<{
  name: Type.TString
  schema: Type.TUnsafe<Schema>
  'partition-spec': Type.TOptional<Type.TUnsafe<PartitionSpec | null>>
  'write-order': Type.TOptional<Type.TUnsafe<SortOrder | null>>
  location: Type.TOptional<Type.TUnsafe<string | null>>
  properties: Type.TOptional<Type.TRecord<'^.*$', Type.TString>>
  'stage-create': Type.TOptional<Type.TBoolean>
}> = Type.Object({
  name: Type.String(),
  schema: Type.Unsafe<Schema>({ type: 'object' }),
  'partition-spec': Type.Optional(Type.Unsafe<PartitionSpec | null>({})),
  'write-order': Type.Optional(Type.Unsafe<SortOrder | null>({})),
  location: Type.Optional(Type.Unsafe<string | null>({})),
  properties: Type.Optional(propertyMap),
  'stage-create': Type.Optional(Type.Boolean()),
})

export const registerBody: Type.TObject<{
  name: Type.TString
  'metadata-location': Type.TString
  overwrite: Type.TOptional<Type.TBoolean>
}> = Type.Object({
  name: Type.String(),
  'metadata-location': Type.String(),
  overwrite: Type.Optional(Type.Boolean()),
})

export const registerViewBody: Type.TObject<{
  name: Type.TString
  'metadata-location': Type.TString
}> = Type.Object({ name: Type.String(), 'metadata-location': Type.String() })

export const commitBody: Type.TObject<{
  identifier: Type.TOptional<
    Type.TObject<{
      namespace: Type.TArray<Type.TString>
      name: Type.TString
    }>
  >
  requirements: Type.TArray<Type.TUnknown>
  updates: Type.TArray<Type.TUnknown>
}> = Type.Object({
  identifier: Type.Optional(identifier),
  requirements: Type.Array(Type.Unknown()),
  updates: Type.Array(Type.Unknown()),
})

export const transactionBody: Type.TObject<{
  'table-changes': Type.TArray<
    Type.TObject<{
      requirements: Type.TArray<Type.TUnknown>
      updates: Type.TArray<Type.TUnknown>
      identifier: Type.TObject<{
        namespace: Type.TArray<Type.TString>
        name: Type.TString
      }>
    }>
  >
}> = Type.Object({
  'table-changes': Type.Array(Type.Object({ ...commitBody.properties, identifier })),
})

export const renameBody: Type.TObject<{
  source: Type.TObject<{
    namespace: Type.TArray<Type.TString>
    name: Type.TString
  }>
  destination: Type.TObject<{
    namespace: Type.TArray<Type.TString>
    name: Type.TString
  }>
}> = Type.Object({ source: identifier, destination: identifier })

export const metricsBody: Type.TObject<{
  'report-type': Type.TString
}> = Type.Object({ 'report-type': Type.String() })

export const createViewBody: Type.TObject<{
  name: Type.TString
  schema: Type.TUnsafe<object>
  'view-version': Type.TUnsafe<object>
  properties: Type.TRecord<'^.*$', Type.TString>
  location: Type.TOptional<Type.TUnsafe<string | null>>
}> = Type.Object({
  name: Type.String(),
  schema: Type.Unsafe<object>({ type: 'object' }),
  'view-version': Type.Unsafe<object>({ type: 'object' }),
  properties: propertyMap,
  location: Type.Optional(Type.Unsafe<string | null>({})),
})

export const commitViewBody: Type.TObject<{
  requirements: Type.TOptional<
    Type.TArray<
      Type.TObject<{
        type: Type.TString
      }>
    >
  >
  updates: Type.TArray<
    Type.TObject<{
      action: Type.TString
      updates: Type.TOptional<Type.TRecord<'^.*$', Type.TString>>
      removals: Type.TOptional<Type.TArray<Type.TString>>
    }>
  >
}> = Type.Object({
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
