import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** Takes bytes and tells their checksum, in base64 as S3's headers have it. */
export interface Checksum {
  update(data: Uint8Array): void
  digest(): string
}

/** The checksum of an `x-amz-checksum-…` header's name; null for an algorithm we do not compute. */
export function openChecksum(algorithm: string): Checksum | null {
  switch (algorithm) {
    case 'crc32':
      return openCrc(crc32)
    case 'crc32c':
      return openCrc(crc32c)
    case 'sha1':
    case 'sha256': {
      const hash = createHash(algorithm)
      return { update: (data) => void hash.update(data), digest: () => hash.digest('base64') }
    }
    default:
      return null
  }
}

function openCrc(next: (data: Uint8Array, value: number) => number): Checksum {
  let value = 0
  return {
    update(data) {
      value = next(data, value)
    },
    digest() {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(value)
      return bytes.toString('base64')
    },
  }
}

/** Castagnoli's polynomial, reflected (RFC 3720, B.4). */
const crc32cTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
  return value
})

function crc32c(data: Uint8Array, before: number): number {
  let value = ~before
  for (const byte of data) value = crc32cTable[(value ^ byte) & 0xff]! ^ (value >>> 8)
  return ~value >>> 0
}
