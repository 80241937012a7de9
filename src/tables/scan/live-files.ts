import { factsOfColumn, type ColumnFacts } from './column-facts.ts'
import type { PartitionTuple } from '../manifests/data-file.ts'
import { entryStatus, type Manifest } from '../manifests/manifest.ts'
import type { LongId } from '../metadata/table-metadata.ts'

/** A live file of a manifest, as far as a scan looks at it. */
export interface LiveFile {
  readonly path: string
  readonly rowCount: number
  readonly sizeBytes: number
  readonly partition: PartitionTuple
  /** The schema it was written under, as its manifest says. */
  readonly schemaId: number
  readonly sequenceNumber: LongId
  readonly factsOf: (fieldId: number) => ColumnFacts | undefined
}

/** The live files that a manifest names. */
export function liveFiles({ schema, entries }: Manifest): readonly LiveFile[] {
  return entries
    .filter(({ status }) => status !== entryStatus.deleted)
    .map(({ data_file: file, sequence_number: sequenceNumber }) => ({
      path: file.file_path,
      rowCount: Number(file.record_count),
      sizeBytes: Number(file.file_size_in_bytes),
      partition: file.partition,
      schemaId: schema['schema-id'],
      sequenceNumber,
      factsOf: (fieldId) => factsOfColumn(file, fieldId),
    }))
}
