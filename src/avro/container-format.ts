import { promisify } from 'node:util'
import {
  constants,
  deflateRaw,
  deflateRawSync,
  inflateRaw,
  inflateRawSync,
  zstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
  type ZlibOptions,
  type ZstdOptions,
} from 'node:zlib'
import { avroTypeOf, type AvroType } from './avro-type.ts'

// Avro object container files: https://avro.apache.org/docs/1.12.0/specification/#object-container-files

/** How the blocks of a file are compressed. */
export type AvroCodec = 'null' | 'deflate' | 'zstandard'

export const magic: Uint8Array = Buffer.from('Obj\x01', 'latin1')
export const syncBytes = 16

/** What stands between the magic bytes and the first block, without the sync marker. */
export const metadataType: AvroType = avroTypeOf({ type: 'map', values: 'bytes' })

/** What a block of a file that is read at once may expand to: a few bytes can be made to fill any memory. */
const limit = { maxOutputLength: 256 * 1024 ** 2 }

/** How a codec compresses and expands the data of one block. */
interface Compression {
  readonly compress: (data: Uint8Array, level: number | undefined) => Promise<Uint8Array>
  readonly compressSync: (data: Uint8Array) => Uint8Array
  readonly expand: (data: Uint8Array) => Promise<Uint8Array>
  readonly expandSync: (data: Uint8Array) => Uint8Array
}

const deflate = promisify<Uint8Array, ZlibOptions, Uint8Array>(deflateRaw)
const zstandard = promisify<Uint8Array, ZstdOptions, Uint8Array>(zstdCompress)

export const compressions: Readonly<Record<AvroCodec, Compression>> = {
  null: {
    compress: async (data) => data,
    compressSync: (data) => data,
    expand: async (data) => data,
    expandSync: (data) => data,
  },
  deflate: {
    compress: (data, level) => deflate(data, level === undefined ? {} : { level }),
    compressSync: (data) => deflateRawSync(data),
    expand: promisify<Uint8Array, Uint8Array>(inflateRaw),
    expandSync: (data) => inflateRawSync(data, limit),
  },
  zstandard: {
    compress: (data, level) =>
      zstandard(data, level === undefined ? {} : { params: { [constants.ZSTD_c_compressionLevel]: level } }),
    compressSync: (data) => zstdCompressSync(data),
    expand: promisify<Uint8Array, Uint8Array>(zstdDecompress),
    expandSync: (data) => zstdDecompressSync(data, limit),
  },
}

/** Whether files of a codec are read and written here. */
export function isAvroCodec(name: string): name is AvroCodec {
  return Object.hasOwn(compressions, name)
}

/** Avro's encoding of a non-negative count: zigzag, then seven bits a byte, least first. */
export function countBytes(count: number): Uint8Array {
  const bytes: number[] = []
  let rest = count * 2
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return Uint8Array.from([...bytes, rest])
}
