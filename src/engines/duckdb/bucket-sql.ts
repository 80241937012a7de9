import type { PrimitiveType } from '../../tables/index.ts'

/**
 * Macros that {@link bucketSql} needs: Murmur3 of 32 bits (x86, seed 0), in 64-bit arithmetic cut to 32 bits, over bytes in hex.
 * In SQL it hashes some million numbers or half a million texts a second, and no row leaves the engine.
 */
export const bucketMacros: readonly string[] = [
  `nacre_low(x) AS x & 4294967295::UBIGINT`,
  `nacre_rotate(x, bits) AS nacre_low(x << bits) | (x >> (32 - bits))`,
  `nacre_mix(word) AS nacre_low(nacre_rotate(nacre_low(word * 3432918353::UBIGINT), 15) * 461845907::UBIGINT)`,
  `nacre_step(hash, word) AS nacre_low(nacre_rotate(xor(hash, nacre_mix(word)), 13) * 5 + 3864292196::UBIGINT)`,
  `nacre_finish_3(hash) AS xor(hash, hash >> 16)`,
  `nacre_finish_2(hash) AS nacre_finish_3(nacre_low(xor(hash, hash >> 13) * 3266489909::UBIGINT))`,
  `nacre_finish(hash) AS nacre_finish_2(nacre_low(xor(hash, hash >> 16) * 2246822507::UBIGINT))`,
  `nacre_hash_words(low, high) AS nacre_finish(xor(nacre_step(nacre_step(0::UBIGINT, low), high), 8))`,
  `nacre_hash_long(x) AS nacre_hash_words((x & 4294967295)::UBIGINT, ((x >> 32) & 4294967295)::UBIGINT)`,
  // Four bytes, the least first.
  `nacre_word(hex, start) AS ('0x' || substr(hex, start + 6, 2) || substr(hex, start + 4, 2) || substr(hex, start + 2, 2) || substr(hex, start, 2))::UBIGINT`,
  `nacre_body(hex) AS list_reduce(list_transform(range(1, length(hex) // 8 * 8 + 1, 8), lambda start: nacre_word(hex, start)), lambda hash, word: nacre_step(hash, word), 0::UBIGINT)`,
  `nacre_tail(hex) AS nacre_mix(nacre_word(rpad(substr(hex, length(hex) // 8 * 8 + 1), 8, '0'), 1))`,
  `nacre_hash_hex(hex) AS nacre_finish(xor(xor(nacre_body(hex), nacre_tail(hex)), (length(hex) // 2)::UBIGINT))`,
].map((macro) => `CREATE OR REPLACE MACRO ${macro}`)

/** SQL for the bucket of a value: https://iceberg.apache.org/spec/#bucket-transform-details. */
export function bucketSql(column: string, type: PrimitiveType, count: number): string {
  return `CAST((${hashSql(column, type)} & 2147483647) % ${count} AS INTEGER)`
}

function hashSql(column: string, type: PrimitiveType): string {
  if (/^(int|long)$/.test(type)) return `nacre_hash_long(CAST(${column} AS BIGINT))`
  if (type.startsWith('time')) return `nacre_hash_long(epoch_us(${column}))`
  if (type === 'date') return `nacre_hash_long(CAST(${column} - DATE '1970-01-01' AS BIGINT))`
  return `nacre_hash_hex(${hexOf(column, type)})`
}

function hexOf(column: string, type: PrimitiveType): string {
  if (type === 'string') return `hex(encode(${column}))`
  if (type === 'uuid') return `replace(CAST(${column} AS VARCHAR), '-', '')`
  return type.startsWith('decimal') ? decimalHex(column) : `hex(${column})`
}

/** The unscaled value in as few bytes as hold it and its sign, the greatest first. */
function decimalHex(column: string): string {
  const unscaled = `CAST(replace(CAST(${column} AS VARCHAR), '.', '') AS HUGEINT)`
  return `CASE WHEN ${column} < 0 THEN regexp_extract(hex(${unscaled}), '^(?:FF)*([89A-F].*)$', 1) ELSE regexp_extract(lpad(hex(${unscaled}), 32, '0'), '^(?:00)*([0-7].*)$', 1) END`
}
