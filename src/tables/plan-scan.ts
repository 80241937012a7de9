import type { LoadedTable } from './commit-tables.ts'
import type { PartitionTuple } from './data-file.ts'
import { entryStatus } from './manifest.ts'
import { mapConcurrently } from './map-concurrently.ts'
import { manifestsMatching } from './partition-summaries.ts'
import { canonicalTuple, matchesAny, typedPartitionFields } from './partition-tuples.ts'
import type { ScanFile, ScanPlan } from './scan-plan.ts'
import { currentSchema, currentSpec, schemaById } from './table-metadata.ts'
import type { TableReader } from './table-reader.ts'

/** The live files of a snapshot; only manifests that may hold a wanted partition are read. */
export async function planScan(
  tables: TableReader,
  table: LoadedTable,
  snapshotId: string | undefined,
  partitions: readonly PartitionTuple[] = [{}],
): Promise<ScanPlan> {
  const { metadata } = table
  const schema = currentSchema(metadata)
  const fields = typedPartitionFields(currentSpec(metadata), schema)
  const patterns = partitions.map((tuple) => canonicalTuple(fields, tuple, { partial: true }))
  const snapshot = tables.snapshot(table, snapshotId)
  const list = manifestsMatching(metadata, await tables.manifests(table, snapshot), patterns)
  const manifests = await mapConcurrently(list, (listed) => tables.manifest(listed))
  const files = manifests.flatMap((manifest) =>
    manifest.entries
      .filter(({ status }) => status !== entryStatus.deleted)
      .filter(({ data_file: file }) => matchesAny(file.partition, patterns))
      .map(({ data_file: file }): ScanFile => ({
        path: file.file_path,
        rowCount: Number(file.record_count),
        sizeBytes: Number(file.file_size_in_bytes),
        partition: file.partition,
        schemaId: manifest.schema['schema-id'],
      })),
  )
  const schemaIds = [...new Set(files.map(({ schemaId }) => schemaId))].toSorted((one, other) => one - other)
  return {
    table: table.name,
    tableUuid: metadata['table-uuid'],
    snapshotId: snapshot === null ? null : String(snapshot['snapshot-id']),
    schema,
    fileSchemas: schemaIds.map((id) => schemaById(metadata, id)),
    files,
  }
}
