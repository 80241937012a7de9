export { avroSchemaOf } from './schema/avro-schema-of.ts'
export { buildFields, columnSpecs, idsAfter } from './definition/build-schema.ts'
export type {
  BrokenTable,
  Catalog,
  CommitHook,
  CommitOptions,
  SchemaChange,
  SchemaChangeHook,
  SnapshotInfo,
  TableInfo,
} from './catalog/catalog.ts'
export type { LoadedTable } from './commit/commit-tables.ts'
export type { ColumnStats, DataFile, PartitionTuple, PartitionValue } from './manifests/data-file.ts'
export { migrations } from './catalog/catalog-rows.ts'
export type { SnapshotChoice } from './metadata/choose-snapshot.ts'
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
} from './catalog/iceberg-catalog.ts'
export { rememberReply, replyOf, type IdempotentRequest, type Reply } from './catalog/idempotency.ts'
export type { MetadataRequirement } from './metadata/metadata-requirements.ts'
export type { MetadataUpdate } from './metadata/metadata-updates.ts'
export { openCatalog, type CatalogEffects, type CatalogOptions } from './catalog/open-catalog.ts'
export { parseRequirements, parseTableUpdates } from './metadata/parse-updates.ts'
export {
  knownPartitionFields,
  partitionOf,
  typedPartitionFields,
  type TypedPartitionField,
} from './manifests/partition-tuples.ts'
export { forgetManifests } from './scan/file-index.ts'
export type { ChangeOptions, ChangePlan } from './scan/plan-changes.ts'
export type { ReaderRegistration } from './scan/reader-registrations.ts'
export type { ScanOptions } from './scan/plan-scan.ts'
export type { ColumnTest, ScanFilter } from './scan/scan-filter.ts'
export type { ScanFile, ScanPlan, WriteTarget } from './scan/scan-plan.ts'
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
} from './schema/schema.ts'
export { leafFieldsOf, type LeafField } from './schema/schema-fields.ts'
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
export { streamOffset, type StreamOffset, type StreamProgress } from './commit/stream-offsets.ts'
export type { CommittedTable, FileReplacement, TableChange } from './commit/table-change.ts'
export type { LongId, Snapshot, SnapshotRef, SortOrder, TableMetadata } from './metadata/table-metadata.ts'
export type { RefInfo, TableRefs } from './catalog/table-refs.ts'
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
} from './definition/table-definition.ts'
export { typeText } from './schema/type-text.ts'
