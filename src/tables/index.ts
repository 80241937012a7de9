export { avroSchemaOf } from './avro-schema-of.ts'
export { buildFields, columnSpecs, idsAfter } from './build-schema.ts'
export type {
  BrokenTable,
  Catalog,
  CommitHook,
  CommitOptions,
  SchemaChange,
  SchemaChangeHook,
  SnapshotInfo,
  TableInfo,
} from './catalog.ts'
export type { LoadedTable } from './commit-tables.ts'
export type { ColumnStats, DataFile, PartitionTuple, PartitionValue } from './data-file.ts'
export { migrations } from './catalog-rows.ts'
export type { SnapshotChoice } from './choose-snapshot.ts'
export type {
  IcebergCatalog,
  IcebergCommitOptions,
  LoadedView,
  NamePage,
  Namespace,
  PageRequest,
  TableRequest,
  TableUpdates,
  WithinIceberg,
} from './iceberg-catalog.ts'
export { rememberReply, replyOf, type IdempotentRequest, type Reply } from './idempotency.ts'
export type { MetadataRequirement } from './metadata-requirements.ts'
export type { MetadataUpdate } from './metadata-updates.ts'
export { openCatalog, type CatalogEffects, type CatalogOptions } from './open-catalog.ts'
export { parseRequirements, parseTableUpdates } from './parse-updates.ts'
export {
  knownPartitionFields,
  partitionOf,
  typedPartitionFields,
  type TypedPartitionField,
} from './partition-tuples.ts'
export { forgetManifests } from './file-index.ts'
export type { ChangeOptions, ChangePlan } from './plan-changes.ts'
export type { ReaderRegistration } from './reader-registrations.ts'
export type { ScanOptions } from './plan-scan.ts'
export type { ColumnTest, ScanFilter } from './scan-filter.ts'
export type { ScanFile, ScanPlan, WriteTarget } from './scan-plan.ts'
export type {
  Field,
  IcebergType,
  ListType,
  MapType,
  PartitionSpec,
  PartitionSpecField,
  PrimitiveType,
  Schema,
  StructType,
} from './schema.ts'
export { leafFieldsOf, type LeafField } from './schema-fields.ts'
export type {
  CompactionGroup,
  CompactionOptions,
  CompactionReason,
  ErasureBlocker,
  ErasurePlan,
  ErasureReport,
  ErasureSubject,
  ExpiryOptions,
  ExpiryReport,
  MergeReport,
  SweepOptions,
  SweepReport,
  TableMaintenance,
} from './maintenance/table-maintenance.ts'
export { streamOffset, type StreamOffset, type StreamProgress } from './stream-offsets.ts'
export type { CommittedTable, FileReplacement, TableChange } from './table-change.ts'
export type { LongId, Snapshot, SnapshotRef, SortOrder, TableMetadata } from './table-metadata.ts'
export type { RefInfo, TableRefs } from './table-refs.ts'
export {
  bucketOf,
  dayOf,
  hourOf,
  identityOf,
  monthOf,
  table,
  truncateOf,
  yearOf,
  type ColumnSpec,
  type ColumnType,
  type PartitionBy,
  type TableDefinition,
  type TableSpec,
} from './table-definition.ts'
export { typeText } from './type-text.ts'
