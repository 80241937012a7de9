import { NacreError } from '../base/index.ts'
import type { PartitionTuple } from './data-file.ts'
import type { LoadedTable } from './commit-tables.ts'
import { mapConcurrently } from './map-concurrently.ts'
import { entryStatus, type Manifest } from './manifest.ts'
import type { ManifestListEntry } from './manifest-list.ts'
import { mayMatch } from './partition-summaries.ts'
import { canonicalTuple, matchesAny, typedPartitionFields } from './partition-tuples.ts'
import type { ScanFile, ScanPlan } from './scan-plan.ts'
import { currentSchema, currentSpec, schemaById, specById, type Snapshot } from './table-metadata.ts'

/** The live files of a snapshot; only manifests that may hold a wanted partition are read. */
export async function planScan(scan: {
  table: LoadedTable
  snapshot: Snapshot | null
  list: readonly ManifestListEntry[]
  partitions: readonly PartitionTuple[] | undefined
  readManifest: (listed: ManifestListEntry) => Promise<Manifest>
}): Promise<ScanPlan> {
  const { table, snapshot, list } = scan
  const { metadata } = table
  const schema = currentSchema(metadata)
  const fields = typedPartitionFields(currentSpec(metadata), schema)
  const patterns = (scan.partitions ?? [{}]).map((tuple) => canonicalTuple(fields, tuple, { partial: true }))
  const deletes = list.find(({ content }) => content !== 0)
  if (deletes)
    throw new NacreError(
      'NACRE_INPUT',
      `Table '${table.name}' has delete files, written by another engine in merge-on-read mode. Compact it there; only copy-on-write tables are read.`,
    )
  const wanted = list.filter((listed) => {
    const own = typedPartitionFields(specById(metadata, listed.partition_spec_id), schema)
    return patterns.some((pattern) => mayMatch(own, listed.partitions, pattern))
  })
  const files = (await mapConcurrently(wanted, scan.readManifest)).flatMap((manifest) =>
    manifest.entries
      .filter(
        ({ status, data_file: file }) =>
          status !== entryStatus.deleted && matchesAny(file.partition, patterns),
      )
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
