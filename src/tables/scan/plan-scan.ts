import { NacreError } from '../../base/index.ts'
import { liesInside } from '../catalog/table-places.ts'
import { chooseSnapshot, type SnapshotChoice } from '../metadata/choose-snapshot.ts'
import type { LoadedTable } from '../commit/commit-tables.ts'
import type { PartitionTuple } from '../manifests/data-file.ts'
import type { LiveFile } from './live-files.ts'
import type { ManifestListEntry } from '../manifests/manifest-list.ts'
import { mapConcurrently } from '../commit/map-concurrently.ts'
import { positionDeletes, type FindDeletes } from '../manifests/position-deletes.ts'
import { bindFilter, type ScanFilter } from './scan-filter.ts'
import type { ScanFile, ScanPlan } from './scan-plan.ts'
import { selectFiles, type SpecSelection } from './scan-selection.ts'
import type { Schema } from '../schema/schema.ts'
import { currentSpec } from '../metadata/table-metadata.ts'
import type { TableReader } from '../catalog/table-reader.ts'

/** What of a table is to be read. */
export interface ScanOptions extends SnapshotChoice {
  /** Only rows of partitions that match any of these; a field that a tuple leaves out may have any value. */
  readonly partitions?: readonly PartitionTuple[] | undefined
  /** Files without a row that meets it are left out. Rows are not filtered: the reader does that. */
  readonly where?: ScanFilter | undefined
}

/** The files that hold the rows asked for; manifests that cannot name one are not read. */
export async function planScan(
  tables: TableReader,
  table: LoadedTable,
  options: ScanOptions = {},
): Promise<ScanPlan> {
  const { metadata, name } = table
  const { partitions, where = [] } = options
  const { snapshot, schema } = chooseSnapshot(table, options)
  const selectionOf = selectFiles(metadata, { partitions, tests: bindFilter(schema, where) })
  const list = (await tables.manifests(table, snapshot)).filter(
    (listed) =>
      listed.added_files_count + listed.existing_files_count > 0 &&
      selectionOf(listed.partition_spec_id).mayListFiles(listed.partitions),
  )
  const deletesOf = positionDeletes(
    name,
    await mapConcurrently(
      list.filter(({ content }) => content !== 0),
      (listed) => tables.manifest(listed, name),
    ),
  )
  const dataManifests = list.filter(({ content }) => content === 0)
  const filesOf = await tables.liveFiles(table, dataManifests, selectionOf)
  const files = dataManifests.flatMap((listed) => {
    const toScanFile = scanFiles(listed, selectionOf(listed.partition_spec_id), deletesOf)
    return filesOf(listed).flatMap((file) => toScanFile(file) ?? [])
  })
  requireOwnFiles(table, files)
  const nameMapping = metadata.properties['schema.name-mapping.default']
  return {
    table: name,
    tableUuid: metadata['table-uuid'],
    snapshotId: snapshot === null ? null : String(snapshot['snapshot-id']),
    schema,
    fileSchemas: schemasOf(metadata.schemas, files),
    files,
    ...(nameMapping !== undefined && { nameMapping }),
    ...(files.some((file) => file.isPartial) && {
      partitions: { spec: currentSpec(metadata), tuples: partitions! },
    }),
  }
}

/** Gives the file as the plan names it; undefined when it holds nothing that was asked for. */
function scanFiles(
  { partition_spec_id: specId }: ManifestListEntry,
  selection: SpecSelection,
  deletesOf: FindDeletes,
): (file: LiveFile) => ScanFile | undefined {
  return (file) => {
    const share = selection.shareOf(file.partition)
    if (share === 'none' || !selection.mayHoldRows(file.factsOf)) return undefined
    const { path, rowCount, sizeBytes, partition, schemaId } = file
    const deletes = deletesOf(specId, file)
    return {
      path,
      rowCount,
      sizeBytes,
      partition,
      schemaId,
      ...(deletes.length > 0 && { deletes }),
      ...(share === 'some' && { isPartial: true }),
    }
  }
}

/**
 * Throws NACRE_CORRUPT for a file outside the table's folder. Commits are checked for it; but who may write a table's files could
 * write a manifest anew since, and have read here what that token cannot read.
 */
export function requireOwnFiles({ name, metadata }: LoadedTable, files: readonly ScanFile[]): void {
  for (const { path, deletes = [] } of files)
    for (const uri of [path, ...deletes])
      if (!liesInside(uri, metadata.location))
        throw new NacreError(
          'NACRE_CORRUPT',
          `Table '${name}' cannot be read: a manifest names ${uri}, which is outside ${metadata.location}, where the table keeps its files. Roll the table back to a snapshot without it.`,
          { details: { table: name, file: uri } },
        )
}

/** Schemas that one of the files may have been written under. A manifest may name a later one than that, for engines rewrite manifests; it matters where columns are nested. */
export function schemasOf(schemas: readonly Schema[], files: readonly ScanFile[]): readonly Schema[] {
  if (files.length === 0) return []
  const isNested = schemas.some(({ fields }) => fields.some(({ type }) => typeof type !== 'string'))
  const named = new Set(files.map(({ schemaId }) => schemaId))
  return isNested ? schemas : schemas.filter((schema) => named.has(schema['schema-id']))
}
