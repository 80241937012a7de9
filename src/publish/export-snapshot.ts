import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { syncDirectory, writeFileDurably } from '../base/index.ts'
import { writeAvro, type AvroCodec, type AvroFileOptions, type AvroSchema } from '../avro/index.ts'
import { avroShape } from './avro-shape.ts'

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

/** One file of an export, as its manifest tells. */
export interface ExportedPart {
  readonly name: string
  readonly rows: number
  readonly sizeBytes: number
  readonly sha256: string
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

/** Rows in one step from the source to a file: parts end between steps, wherever the source's own batches end. */
const stepRows = 1024

/**
 * Exports rows as Avro files and a manifest into `folder`, which appears whole or not at all; one that is there already is
 * taken as it is. The same rows in the same order give the same bytes. Holds one batch and one block in memory.
 */
export async function exportSnapshot(
  folder: string,
  request: ExportRequest,
  batches: () => AsyncIterable<readonly object[]>,
  signal?: AbortSignal,
): Promise<ExportManifest> {
  const finished = await readExport(folder)
  if (finished !== undefined) return finished
  const staged = `${folder}.staged`
  await rm(staged, { recursive: true, force: true })
  await mkdir(staged, { recursive: true })
  try {
    const manifest = await writeExport(staged, request, batches, signal)
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
  batches: () => AsyncIterable<readonly object[]>,
  signal: AbortSignal | undefined,
): Promise<ExportManifest> {
  const parts: ExportedPart[] = []
  const steps = inSteps(inAvroShape(batches(), request.schema))
  try {
    let step = await steps.next()
    const rowsUntil = async function* (isFull: () => boolean): AsyncGenerator<readonly object[]> {
      for (; !step.done && !isFull(); step = await steps.next()) yield step.value
    }
    do parts.push(await writePart(folder, parts.length, request, rowsUntil, signal))
    while (!step.done)
  } finally {
    await steps.return()
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

async function readExport(folder: string): Promise<ExportManifest | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as ExportManifest
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function* inAvroShape(
  batches: AsyncIterable<readonly object[]>,
  schema: AvroSchema,
): AsyncGenerator<readonly object[], void, undefined> {
  const shape = avroShape(schema)
  for await (const rows of batches) yield shape === undefined ? rows : (rows.map(shape) as object[])
}

/** The rows in steps of the same size, but for the last. */
async function* inSteps(
  batches: AsyncIterable<readonly object[]>,
): AsyncGenerator<readonly object[], void, undefined> {
  let rows: readonly object[] = []
  for await (const batch of batches) {
    rows = rows.length === 0 ? batch : [...rows, ...batch]
    let from = 0
    for (; rows.length - from >= stepRows; from += stepRows) yield rows.slice(from, from + stepRows)
    rows = rows.slice(from)
  }
  if (rows.length > 0) yield rows
}

async function writePart(
  folder: string,
  index: number,
  request: ExportRequest,
  rowsUntil: (isFull: () => boolean) => AsyncIterable<readonly object[]>,
  signal: AbortSignal | undefined,
): Promise<ExportedPart> {
  const name = `part-${String(index).padStart(5, '0')}.avro`
  const limit = request.partBytes ?? 134_217_728
  const hash = createHash('sha256')
  let rows = 0
  let sizeBytes = 0
  await pipeline(
    async function* () {
      for await (const step of rowsUntil(() => sizeBytes >= limit)) {
        rows += step.length
        yield step
      }
    },
    (steps: AsyncIterable<readonly object[]>) => writeAvro(steps, avroFileOptions(request, name)),
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk)
        sizeBytes += chunk.length
        yield chunk
      }
    },
    createWriteStream(join(folder, name), { flags: 'wx', flush: true }),
    signal === undefined ? {} : { signal },
  )
  return { name, rows, sizeBytes, sha256: hash.digest('hex') }
}

function avroFileOptions(request: ExportRequest, part: string): AvroFileOptions {
  const { schema, codec, table, tableUuid, snapshotId } = request
  return {
    schema,
    codec,
    metadata: { 'nacre.table': table, 'nacre.table-uuid': tableUuid, 'nacre.snapshot-id': snapshotId },
    // Random by custom, but the same snapshot must give the same bytes.
    syncMarker: createHash('sha256').update(`${tableUuid}:${snapshotId}:${part}`).digest().subarray(0, 16),
  }
}
