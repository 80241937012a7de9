/** Iceberg's primitive types, as their JSON names. See https://iceberg.apache.org/spec/#primitive-types. */
export type PrimitiveType =
  | 'boolean'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'
  | 'string'
  | 'uuid'
  | 'binary'
  | `decimal(${number},${number})`
  | `decimal(${number}, ${number})`
  | `fixed[${number}]`

/** The types that take no parameter. */
export const plainTypes: ReadonlySet<string> = new Set<PrimitiveType>([
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'string',
  'uuid',
  'binary',
])

/** A type of a column, as in Iceberg's schema JSON. */
export type IcebergType = PrimitiveType | StructType | ListType | MapType

/** One field of a struct; the top of a table is a struct. Ids are given by the catalog and never reused. */
export interface Field {
  readonly id: number
  readonly name: string
  readonly required: boolean
  readonly type: IcebergType
  readonly doc?: string
}

export interface StructType {
  readonly type: 'struct'
  readonly fields: readonly Field[]
}

export interface ListType {
  readonly type: 'list'
  readonly 'element-id': number
  readonly element: IcebergType
  readonly 'element-required': boolean
}

export interface MapType {
  readonly type: 'map'
  readonly 'key-id': number
  readonly key: IcebergType
  readonly 'value-id': number
  readonly value: IcebergType
  readonly 'value-required': boolean
}

/** A table's schema, exactly as in metadata.json. */
export interface Schema extends StructType {
  readonly 'schema-id': number
  readonly 'identifier-field-ids'?: readonly number[]
}

/** A partition spec, exactly as in metadata.json. Transforms supported for writing: `identity`, `day`. */
export interface PartitionSpec {
  readonly 'spec-id': number
  readonly fields: readonly PartitionSpecField[]
}

export interface PartitionSpecField {
  readonly 'source-id': number
  /** 1000 and up. */
  readonly 'field-id': number
  readonly name: string
  readonly transform: string
}
