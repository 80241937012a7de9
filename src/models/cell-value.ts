import type { ResultColumn } from './malloy/compile-protocol.ts'

/** A value as JSON holds it: numbers as numbers while they are exact, else as text; a day as `YYYY-MM-DD`. */
export function cellValue(value: unknown, type: ResultColumn['type']): unknown {
  if (value === null || value === undefined) return null
  if (type === 'number') return numberValue(value)
  if (type === 'date' && typeof value === 'string') return value.slice(0, 10)
  return plainValue(value)
}

function numberValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  const number = Number(value)
  const isWhole = typeof value === 'bigint' || /^-?\d+$/.test(String(value))
  return Number.isFinite(number) && (!isWhole || Number.isSafeInteger(number)) ? number : String(value)
}

/** Nested results hold lists and structs. */
function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint' || typeof value === 'number') return numberValue(value)
  if (Array.isArray(value)) return value.map(plainValue)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plainValue(inner)]))
  }
  return value
}
