import { randomBytes } from 'node:crypto'
import { NacreError } from '../base/index.ts'
import type { AvroSchema } from './avro-type.ts'
import { BlockBuffer, encodeBlocks, type AvroBlock, type BlockEncoder } from './block-buffer.ts'
import { columnEncoder } from './column-encoder.ts'
import type { ColumnBatch } from './column.ts'
import {
  compressions,
  countBytes,
  magic,
  metadataType,
  syncBytes,
  type AvroCodec,
} from './container-format.ts'
import { rowEncoder } from './row-encoder.ts'

/** How an Avro file begins. */
export interface AvroHeaderOptions {
  readonly schema: AvroSchema
  /** Further entries of the header, such as Iceberg's. Keys that begin with `avro.` are Avro's own. */
  readonly metadata?: Readonly<Record<string, string>>
  /** Default deflate. */
  readonly codec?: AvroCodec
  /** 16 bytes, random by default. Give it where the same rows must give the same file. */
  readonly syncMarker?: Uint8Array
}

/** How blocks are encoded. */
export interface AvroBlockOptions {
  readonly schema: AvroSchema
  /** Default deflate. */
  readonly codec?: AvroCodec
  /** Of the codec; default the codec's own. */
  readonly level?: number
  /** A block is closed once it holds so many bytes uncompressed. Default 64 KiB. */
  readonly blockBytes?: number
}

/** How an Avro file is written. */
export type AvroFileOptions = AvroHeaderOptions & AvroBlockOptions

/**
 * Writes batches of rows as an Avro object container file, chunk by chunk, holding some blocks in memory.
 * Throws NACRE_INPUT for a row that does not fit the schema, naming the field.
 * @example await store.writeIfAbsent(uri, writeAvro(result.batches, { schema }))
 */
export async function* writeAvro(
  batches: AsyncIterable<readonly object[]>,
  options: AvroFileOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const { header, sync } = avroHeader(options)
  yield header
  for await (const block of rowBlocks(batches, options)) yield frameBlock(block, sync)
}

/** Writes all rows as one small Avro file of a single block, such as a manifest. Throws as {@link writeAvro}. */
export function encodeAvro(rows: Iterable<object>, options: AvroFileOptions): Uint8Array {
  const { compressSync } = compressions[options.codec ?? 'deflate']
  const { header, sync } = avroHeader(options)
  const buffer = new BlockBuffer(Infinity)
  for (const _ of buffer.add([...rows], rowEncoder(options.schema))) break // no block is ever full
  if (buffer.rowCount === 0) return header
  const { rowCount, data } = buffer.take()
  return Buffer.concat([header, frameBlock({ rowCount, data: compressSync(data) }, sync)])
}

/** The first bytes of a file, and the marker that ends each of its blocks. */
export function avroHeader(options: AvroHeaderOptions): {
  readonly header: Uint8Array
  readonly sync: Uint8Array
} {
  const sync = options.syncMarker ?? randomBytes(syncBytes)
  if (sync.length !== syncBytes)
    throw new NacreError('NACRE_INPUT', `An Avro sync marker has 16 bytes, not ${sync.length}.`)
  const entries = {
    'avro.schema': JSON.stringify(options.schema),
    'avro.codec': options.codec ?? 'deflate',
    ...options.metadata,
  }
  const metadata = Object.fromEntries(Object.entries(entries).map(([key, text]) => [key, Buffer.from(text)]))
  return { header: Buffer.concat([magic, metadataType.toBuffer(metadata), sync]), sync }
}

/** A compressed block as it stands in a file: how many rows, how many bytes, the bytes, the sync marker. */
export function frameBlock({ rowCount, data }: AvroBlock, sync: Uint8Array): Uint8Array {
  return Buffer.concat([countBytes(rowCount), countBytes(data.length), data, sync])
}

/** Compressed blocks of batches of rows. Throws as {@link writeAvro}. */
export function rowBlocks(
  batches: AsyncIterable<readonly object[]>,
  options: AvroBlockOptions,
): AsyncGenerator<AvroBlock, void, void> {
  return compressedBlocks(batches, rowEncoder(options.schema), options)
}

/**
 * Compressed blocks of batches of columns: no row becomes an object and no text a string. A field is the column of its name, or
 * of its `iceberg-field-name`. Throws NACRE_INPUT for a value that does not fit the schema, naming the field.
 */
export function columnBlocks(
  batches: AsyncIterable<ColumnBatch>,
  options: AvroBlockOptions,
): AsyncGenerator<AvroBlock, void, void> {
  return compressedBlocks(batches, columnEncoder(options.schema), options)
}

/** Blocks that are compressed in other threads while the next ones are encoded. */
const blocksInFlight = 3

async function* compressedBlocks<Batch>(
  batches: AsyncIterable<Batch>,
  encoder: BlockEncoder<Batch>,
  { codec = 'deflate', level, blockBytes }: AvroBlockOptions,
): AsyncGenerator<AvroBlock, void, void> {
  const { compress } = compressions[codec]
  const waiting: Promise<AvroBlock>[] = []
  for await (const { rowCount, data } of encodeBlocks(batches, encoder, blockBytes)) {
    const block = compress(data, level).then((compressed) => ({ rowCount, data: compressed }))
    block.catch(() => undefined) // heard when its turn comes, unless something failed before
    waiting.push(block)
    if (waiting.length >= blocksInFlight) yield await waiting.shift()!
  }
  while (waiting.length > 0) yield await waiting.shift()!
}
