import { randomBytes } from 'node:crypto'
import { NacreError } from '../base/index.ts'
import { avroTypeOf, type AvroSchema, type AvroType } from './avro-type.ts'
import {
  compressions,
  countBytes,
  magic,
  metadataType,
  syncBytes,
  type AvroCodec,
} from './container-format.ts'

/** How an Avro file is written. */
export interface AvroFileOptions {
  readonly schema: AvroSchema
  /** Further entries of the header, such as Iceberg's. Keys that begin with `avro.` are Avro's own. */
  readonly metadata?: Readonly<Record<string, string>>
  /** Default deflate. */
  readonly codec?: AvroCodec
  /** 16 bytes, random by default. Give it where the same rows must give the same file. */
  readonly syncMarker?: Uint8Array
  /** A block is closed once it holds so many bytes uncompressed. Default 64 KiB. */
  readonly blockBytes?: number
}

/**
 * Writes batches of rows as an Avro object container file, chunk by chunk, holding one block in memory.
 * Throws NACRE_INPUT for a row that does not fit the schema, naming the field.
 * @example await store.writeIfAbsent(uri, writeAvro(result.batches, { schema }))
 */
export async function* writeAvro(
  batches: AsyncIterable<readonly object[]>,
  options: AvroFileOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const { compress } = compressions[options.codec ?? 'deflate']
  const { header, sync, block } = startFile(options)
  const limit = options.blockBytes ?? 65_536
  yield header
  for await (const rows of batches) {
    for (const row of rows) {
      block.add(row)
      if (block.sizeBytes >= limit) yield frame(block.count, await compress(block.take()), sync)
    }
  }
  if (block.count > 0) yield frame(block.count, await compress(block.take()), sync)
}

/** Writes all rows as one small Avro file of a single block, such as a manifest. Throws as {@link writeAvro}. */
export function encodeAvro(rows: Iterable<object>, options: AvroFileOptions): Uint8Array {
  const { compressSync } = compressions[options.codec ?? 'deflate']
  const { header, sync, block } = startFile(options)
  for (const row of rows) block.add(row)
  if (block.count === 0) return header
  return Buffer.concat([header, frame(block.count, compressSync(block.take()), sync)])
}

function startFile(options: AvroFileOptions): { header: Uint8Array; sync: Uint8Array; block: BlockBuffer } {
  const sync = options.syncMarker ?? randomBytes(syncBytes)
  if (sync.length !== syncBytes)
    throw new NacreError('NACRE_INPUT', `An Avro sync marker has 16 bytes, not ${sync.length}.`)
  const entries = {
    'avro.schema': JSON.stringify(options.schema),
    'avro.codec': options.codec ?? 'deflate',
    ...options.metadata,
  }
  const metadata = Object.fromEntries(Object.entries(entries).map(([key, text]) => [key, Buffer.from(text)]))
  return {
    header: Buffer.concat([magic, metadataType.toBuffer(metadata), sync]),
    sync,
    block: new BlockBuffer(avroTypeOf(options.schema)),
  }
}

/** One block: how many rows, how many bytes, the bytes, the sync marker. */
function frame(count: number, data: Uint8Array, sync: Uint8Array): Uint8Array {
  return Buffer.concat([countBytes(count), countBytes(data.length), data, sync])
}

/** Encoded rows that wait for their block to be full. */
class BlockBuffer {
  readonly #type: AvroType
  #buffer = Buffer.allocUnsafe(131_072)
  sizeBytes = 0
  count = 0

  constructor(type: AvroType) {
    this.#type = type
  }

  add(row: object): void {
    const end = this.#encode(row)
    if (end >= 0) {
      this.sizeBytes = end
      this.count++
      return
    }
    // avsc answers minus the number of bytes that were missing.
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#buffer.length - end))
    this.#buffer.copy(larger, 0, 0, this.sizeBytes)
    this.#buffer = larger
    this.add(row)
  }

  /** The encoded rows, copied, and an empty buffer again. */
  take(): Uint8Array {
    const data = Buffer.from(this.#buffer.subarray(0, this.sizeBytes))
    this.sizeBytes = 0
    this.count = 0
    return data
  }

  #encode(row: object): number {
    try {
      return this.#type.encode(row, this.#buffer, this.sizeBytes)
    } catch (error) {
      throw explainMisfit(this.#type, row, error)
    }
  }
}

function explainMisfit(type: AvroType, row: object, cause: unknown): unknown {
  let misfit: { field: string; value: unknown; expected: string } | undefined
  type.isValid(row, {
    errorHook(path, value, expected) {
      misfit ??= { field: path.join('.'), value, expected: expected.typeName }
    },
  })
  if (misfit === undefined) return cause
  const shown =
    typeof misfit.value === 'bigint' ? `${misfit.value}` : (JSON.stringify(misfit.value) ?? 'nothing')
  return new NacreError(
    'NACRE_INPUT',
    `Field '${misfit.field}' of a row cannot be written to Avro: ${shown.slice(0, 100)} does not fit ${misfit.expected}.`,
    { cause },
  )
}
