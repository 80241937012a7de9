import { rowBlocks, type AvroBlockOptions, type AvroSchema } from '../avro/index.ts'
import { avroShape } from './avro-shape.ts'
import { writeParts, type ExportedPart, type PartTarget } from './write-parts.ts'

/**
 * A pinned snapshot in slices that can be written one beside the other. How it is cut and the order of rows within a slice
 * depend on the snapshot alone, so that it always gives the same files.
 */
export interface ExportSource extends AsyncDisposable {
  readonly sliceCount: number
  /** How many slices to write at a time. */
  readonly concurrency: number
  /** Writes the rows of a slice by {@link writeParts}, in whatever thread. */
  writeSlice(index: number, work: SliceWork, signal: AbortSignal): Promise<readonly ExportedPart[]>
}

/** How a slice is written. Travels to worker threads. */
export interface SliceWork {
  readonly target: PartTarget
  readonly blocks: AvroBlockOptions
}

/** Rows given as batches, as a source of one slice that is written in this thread. They come as engines give them. */
export function rowsSource(batches: () => AsyncIterable<readonly object[]>): ExportSource {
  return {
    sliceCount: 1,
    concurrency: 1,
    writeSlice: (_index, { target, blocks }, signal) =>
      writeParts(rowBlocks(inAvroShape(batches(), blocks.schema), blocks), target, signal),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

/** Engines' rows in the shape of an Avro schema. */
export async function* inAvroShape(
  batches: AsyncIterable<readonly object[]>,
  schema: AvroSchema,
): AsyncGenerator<readonly object[], void, undefined> {
  const shape = avroShape(schema)
  for await (const rows of batches) yield shape === undefined ? rows : (rows.map(shape) as object[])
}
