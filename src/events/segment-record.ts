import { crc32 } from 'node:zlib'

/** What is kept of a request beside its body. */
export interface RequestMeta {
  /** Name of the write key; null when the key is not known (the request is in quarantine). */
  readonly writeKey: string | null
  /** Type of the event for single-event routes, `batch` for the others. */
  readonly route: string
  readonly ip?: string
  readonly userAgent?: string
}

/** A request as it lies in the log. */
export interface LoggedRequest {
  /** Milliseconds since 1970. */
  readonly receivedAt: number
  readonly meta: RequestMeta
  /** As received; gzip is kept. */
  readonly body: Buffer
}

/*
 * A record: u32 length of payload, u32 CRC-32 of payload, payload. A payload: f64 receivedAt, u16 length of meta, meta as JSON,
 * body. Little-endian. The CRC is the IEEE one, for Node computes it natively; Castagnoli's in JavaScript would cost more than
 * the write.
 */
export const headerBytes = 8 as const
const fixedBytes = 10

/** The bytes of a record, in pieces for one `writev`. */
export function encodeRecord({ receivedAt, meta, body }: LoggedRequest): [Buffer, Buffer] {
  const metaJson = JSON.stringify(meta)
  const metaBytes = Buffer.byteLength(metaJson)
  const head = Buffer.allocUnsafe(headerBytes + fixedBytes + metaBytes)
  head.writeUInt32LE(fixedBytes + metaBytes + body.length, 0)
  head.writeDoubleLE(receivedAt, headerBytes)
  head.writeUInt16LE(metaBytes, headerBytes + 8)
  head.write(metaJson, headerBytes + fixedBytes)
  head.writeUInt32LE(crc32(body, crc32(head.subarray(headerBytes))), 4)
  return [head, body]
}

/** Bytes of the record that starts at `offset`, header included; undefined when its header is cut off or makes no sense. */
export function recordBytes(bytes: Buffer, offset: number): number | undefined {
  if (offset + headerBytes > bytes.length) return undefined
  const length = bytes.readUInt32LE(offset)
  return length < fixedBytes ? undefined : headerBytes + length
}

/** The record at `offset`, or undefined when it is cut off or its checksum does not hold. */
export function decodeRecord(bytes: Buffer, offset: number): LoggedRequest | undefined {
  const length = recordBytes(bytes, offset)
  if (length === undefined || offset + length > bytes.length) return undefined
  const payload = bytes.subarray(offset + headerBytes, offset + length)
  if (crc32(payload) !== bytes.readUInt32LE(offset + 4)) return undefined
  const bodyStart = fixedBytes + payload.readUInt16LE(8)
  return {
    receivedAt: payload.readDoubleLE(0),
    meta: JSON.parse(payload.toString('utf8', fixedBytes, bodyStart)) as RequestMeta,
    body: payload.subarray(bodyStart),
  }
}
