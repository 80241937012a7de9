/**
 * JSON with 64-bit integers kept exact: integers beyond 2^53 become bigint when read, and bigint is written as a plain number.
 * Iceberg metadata needs it (snapshot ids of 63 bits).
 */
export function parseLossless(text: string): unknown {
  return JSON.parse(text, ((_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' &&
    !Number.isSafeInteger(value) &&
    context?.source !== undefined &&
    /^-?\d+$/.test(context.source)
      ? BigInt(context.source)
      : value) as Parameters<typeof JSON.parse>[1])
}

/** The inverse of {@link parseLossless}. */
export function stringifyLossless(value: unknown, indent?: number): string {
  const json = JSON as unknown as { rawJSON(text: string): unknown }
  return JSON.stringify(
    value,
    (_key, inner: unknown) => (typeof inner === 'bigint' ? json.rawJSON(inner.toString()) : inner),
    indent,
  )
}
