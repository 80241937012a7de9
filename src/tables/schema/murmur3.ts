/** Murmur3 of 32 bits, x86 variant, seed 0, as Iceberg's bucket transform wants it: https://iceberg.apache.org/spec/#appendix-b-32-bit-hash-requirements. */
export function murmur3(bytes: Buffer): number {
  let hash = 0
  const whole = bytes.length & ~3
  for (let at = 0; at < whole; at += 4) {
    hash ^= mixed(bytes.readInt32LE(at))
    hash = Math.imul(rotate(hash, 13), 5) + 0xe6546b64
  }
  let rest = 0
  for (let at = bytes.length - 1; at >= whole; at--) rest = (rest << 8) | bytes[at]!
  hash ^= mixed(rest) ^ bytes.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

function mixed(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593)
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
