import { parseValue, serializeValue, type StoredValue } from './primitive-codec.ts'
import type { PrimitiveType } from './schema.ts'

/** Which statistics of a column are written: Iceberg's `write.metadata.metrics.column.<name>`. */
export type MetricsMode =
  | { readonly kind: 'none' | 'counts' | 'full' }
  | { readonly kind: 'truncate'; readonly length: number }

/** The mode of its text, such as `counts` or `truncate(16)`, which is also what holds without or with an unknown text. */
export function parseMetricsMode(text: string | undefined): MetricsMode {
  if (text === 'none' || text === 'counts' || text === 'full') return { kind: text }
  return { kind: 'truncate', length: Number(/^truncate\((\d+)\)$/.exec(text ?? '')?.[1] ?? 16) }
}

/** A bound that is not above DuckDB's text of the least value; undefined where none can be given. */
export function lowerBound(type: PrimitiveType, min: string, mode: MetricsMode): Buffer | undefined {
  const value = boundValue(type, min)
  if (value === undefined) return undefined
  // Iceberg orders -0.0 before 0.0; DuckDB takes them for the same, and the file may hold either.
  if (value === 0 && (type === 'float' || type === 'double')) return serializeValue(type, -0)
  if (typeof value !== 'string' || mode.kind !== 'truncate') return serializeValue(type, value)
  return serializeValue(type, Array.from(value).slice(0, mode.length).join(''))
}

/** A bound that is not below DuckDB's text of the greatest value; undefined where none can be given. */
export function upperBound(type: PrimitiveType, max: string, mode: MetricsMode): Buffer | undefined {
  const value = boundValue(type, max)
  if (value === undefined) return undefined
  if (value === 0 && (type === 'float' || type === 'double')) return serializeValue(type, 0)
  if (typeof value !== 'string') return serializeValue(type, value)
  // DuckDB cuts the text of a long maximum, so what it gives may be below the greatest value.
  const isCut = Buffer.byteLength(value) >= duckdbTextLimit
  const length = mode.kind === 'truncate' ? mode.length : Number.POSITIVE_INFINITY
  const points = Array.from(value)
  if (points.length <= length && !isCut) return serializeValue(type, value)
  const raised = raise(points.slice(0, length))
  return raised === undefined ? undefined : serializeValue(type, raised)
}

const duckdbTextLimit = 256

function boundValue(type: PrimitiveType, text: string): StoredValue | undefined {
  // DuckDB's text of bytes cannot be told from text.
  if (type === 'binary' || type.startsWith('fixed')) return undefined
  try {
    return parseValue(type, text)
  } catch {
    return undefined // 'nan', 'infinity' as a date, years before 1 or beyond 9999: no bound is always right
  }
}

/** The least text above every text that begins with these code points; undefined when there is none. */
function raise(points: readonly string[]): string | undefined {
  for (let last = points.length - 1; last >= 0; last--) {
    const point = points[last]!.codePointAt(0)!
    // Surrogates are no code points of their own.
    const next = point === 0xd7ff ? 0xe000 : point + 1
    if (next <= 0x10ffff) return points.slice(0, last).join('') + String.fromCodePoint(next)
  }
  return undefined
}
