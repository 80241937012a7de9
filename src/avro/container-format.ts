import { promisify } from 'node:util'
import { deflateRaw, deflateRawSync, inflateRaw, inflateRawSync } from 'node:zlib'
import { avroTypeOf, type AvroType } from './avro-type.ts'

// Avro object container files: https://avro.apache.org/docs/1.12.0/specification/#object-container-files

/** How the blocks of a file are compressed. */
export type AvroCodec = 'null' | 'deflate'

export const magic: Uint8Array = Buffer.from('Obj\x01', 'latin1')
export const syncBytes = 16

/** What stands between the magic bytes and the first block, without the sync marker. */
export const metadataType: AvroType = avroTypeOf({ type: 'map', values: 'bytes' })

interface Compression {
  readonly compress: (data: Uint8Array) => Promise<Uint8Array>
  readonly compressSync: (data: Uint8Array) => Uint8Array
  readonly expand: (data: Uint8Array) => Promise<Uint8Array>
  readonly expandSync: (data: Uint8Array) => Uint8Array
}

export const compressions: Readonly<Record<AvroCodec, Compression>> = {
  null: {
    compress: async (data) => data,
    compressSync: (data) => data,
    expand: async (data) => data,
    expandSync: (data) => data,
  },
  deflate: {
    compress: promisify<Uint8Array, Uint8Array>(deflateRaw),
    compressSync: (data) => deflateRawSync(data),
    expand: promisify<Uint8Array, Uint8Array>(inflateRaw),
    expandSync: (data) => inflateRawSync(data),
  },
}

/** Avro's encoding of a non-negative count: zigzag, then seven bits a byte, least first. */
export function countBytes(count: number): Uint8Array {
  const bytes: number[] = []
  let rest = count * 2
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return Uint8Array.from([...bytes, rest])
}
