// Variable-length zig-zag coding: https://avro.apache.org/docs/1.12.0/specification/#binary-encoding
// Bytes beyond the end of `bytes` are dropped, as typed arrays do; the returned end then lies beyond it.

/** Writes an Avro `int` at `at` and gives its end. */
export function writeInt(bytes: Uint8Array, at: number, value: number): number {
  let rest = (value << 1) ^ (value >> 31)
  while ((rest & ~0x7f) !== 0) {
    bytes[at++] = rest | 0x80
    rest >>>= 7
  }
  bytes[at++] = rest
  return at
}

/** Writes an Avro `long` of two 32-bit words at `at` and gives its end. */
export function writeLong(bytes: Uint8Array, at: number, low: number, high: number): number {
  const sign = high >> 31
  if (high === low >> 31 && low >> 30 === sign) return writeInt(bytes, at, low)
  let restLow = (low << 1) ^ sign
  let restHigh = ((high << 1) | (low >>> 31)) ^ sign
  while (restHigh !== 0) {
    bytes[at++] = restLow | 0x80
    restLow = (restLow >>> 7) | (restHigh << 25)
    restHigh >>>= 7
  }
  while ((restLow & ~0x7f) !== 0) {
    bytes[at++] = restLow | 0x80
    restLow >>>= 7
  }
  bytes[at++] = restLow
  return at
}
