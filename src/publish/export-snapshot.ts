import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncDirectory, writeFileDurably } from '../base/index.ts'
import type { AvroCodec, AvroSchema } from '../avro/index.ts'
import type { ExportSource, SliceWork } from './export-source.ts'
import { writeEmptyPart, type ExportedPart } from './write-parts.ts'

export type { ExportedPart } from './write-parts.ts'

/** What is exported, and how. */
export interface ExportRequest {
  readonly table: string
  readonly tableUuid: string
  readonly snapshotId: string
  readonly sequenceNumber: number
  readonly schema: AvroSchema
  readonly codec: AvroCodec
  /** A part is closed once its file holds so many bytes. Default 128 MiB. */
  readonly partBytes?: number
}

/** `manifest.json` of an export: the same bytes for the same snapshot. */
export interface ExportManifest {
  readonly table: string
  readonly tableUuid: string
  readonly snapshotId: string
  readonly sequenceNumber: number
  readonly rows: number
  readonly sizeBytes: number
  readonly codec: AvroCodec
  readonly schema: AvroSchema
  readonly parts: readonly ExportedPart[]
}

/**
 * Exports a snapshot as Avro files and a manifest into `folder`, which appears whole or not at all; one that is there already is
 * taken as it is. The same source gives the same bytes, however many slices are written at a time. Memory does not grow with
 * the rows.
 */
export async function exportSnapshot(
  folder: string,
  request: ExportRequest,
  openSource: () => ExportSource | Promise<ExportSource>,
  signal: AbortSignal = new AbortController().signal,
): Promise<ExportManifest> {
  const finished = await readExport(folder)
  if (finished !== undefined) return finished
  const staged = `${folder}.staged`
  await rm(staged, { recursive: true, force: true })
  await mkdir(staged, { recursive: true })
  try {
    const manifest = await writeExport(staged, request, openSource, signal)
    await rename(staged, folder) // the moment at which the export is there
    await syncDirectory(dirname(folder))
    return manifest
  } catch (error) {
    await rm(staged, { recursive: true, force: true })
    throw error
  }
}

async function writeExport(
  folder: string,
  request: ExportRequest,
  openSource: () => ExportSource | Promise<ExportSource>,
  signal: AbortSignal,
): Promise<ExportManifest> {
  await using source = await openSource()
  const written = await writeSlices(source, (index) => sliceWork(folder, request, index), signal)
  if (written.length === 0) written.push(await writeEmptyPart(sliceWork(folder, request, 0).target))
  const parts: ExportedPart[] = []
  for (const [index, { name: sliceName, ...part }] of written.entries()) {
    const name = `part-${String(index).padStart(5, '0')}.avro`
    await rename(join(folder, sliceName), join(folder, name))
    parts.push({ name, ...part })
  }
  const { table, tableUuid, snapshotId, sequenceNumber, codec, schema } = request
  const manifest: ExportManifest = {
    table,
    tableUuid,
    snapshotId,
    sequenceNumber,
    rows: parts.reduce((sum, part) => sum + part.rows, 0),
    sizeBytes: parts.reduce((sum, part) => sum + part.sizeBytes, 0),
    codec,
    schema,
    parts,
  }
  await writeFileDurably(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  return manifest
}

/** All parts in the order of their slices. The first failure stops the other slices, and is thrown once they have stopped. */
async function writeSlices(
  source: ExportSource,
  workOf: (index: number) => SliceWork,
  signal: AbortSignal,
): Promise<ExportedPart[]> {
  const failed = new AbortController()
  const stop = AbortSignal.any([signal, failed.signal])
  const parts: (readonly ExportedPart[])[] = []
  let next = 0
  const writeNext = async (): Promise<void> => {
    while (next < source.sliceCount) {
      const index = next++
      parts[index] = await source.writeSlice(index, workOf(index), stop)
    }
  }
  const lanes = Array.from({ length: source.concurrency }, () =>
    writeNext().catch((error: unknown) => failed.abort(error)),
  )
  await Promise.all(lanes)
  stop.throwIfAborted()
  return parts.flat()
}

/** Measured on eight columns: 1.5 times the rows a second of the default, 6, for files 4 % larger. */
const deflateLevel = 3

function sliceWork(folder: string, request: ExportRequest, index: number): SliceWork {
  const { schema, codec, table, tableUuid, snapshotId, partBytes = 134_217_728 } = request
  return {
    target: {
      folder,
      prefix: `slice-${String(index).padStart(5, '0')}`,
      partBytes,
      header: {
        schema,
        codec,
        metadata: { 'nacre.table': table, 'nacre.table-uuid': tableUuid, 'nacre.snapshot-id': snapshotId },
      },
      syncSeed: `${tableUuid}:${snapshotId}`,
    },
    blocks: { schema, codec, ...(codec === 'deflate' && { level: deflateLevel }) },
  }
}

async function readExport(folder: string): Promise<ExportManifest | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as ExportManifest
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
