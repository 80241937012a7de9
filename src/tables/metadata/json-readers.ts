import { NacreError, stringifyLossless } from '../../base/index.ts'
import type { LongId } from './table-metadata.ts'

/** Reads a value of untrusted JSON; `path` says where it stands. Throws NACRE_INPUT naming both. */
export type Reader<Value> = (value: unknown, path: string) => Value

/** Throws NACRE_INPUT for a value that is not what it must be. */
export function refuseValue(value: unknown, path: string, must: string): never {
  const text = value === undefined ? 'missing' : stringifyLossless(value)
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text
  throw new NacreError('NACRE_INPUT', `'${path}' is ${shown}; it must be ${must}.`, { details: { path } })
}

export const readText: Reader<string> = (value, path) =>
  typeof value === 'string' && value !== '' ? value : refuseValue(value, path, 'a text')

export const readBoolean: Reader<boolean> = (value, path) =>
  typeof value === 'boolean' ? value : refuseValue(value, path, 'true or false')

/** A whole number that fits Iceberg's int; -1 is allowed where it has a meaning. */
export const readInteger: Reader<number> = (value, path) =>
  Number.isInteger(value) && Math.abs(value as number) < 2 ** 31
    ? (value as number)
    : refuseValue(value, path, 'a whole number of at most 31 bits')

/** A time, a count or a size. */
export const readCount: Reader<number> = (value, path) =>
  Number.isSafeInteger(value) && (value as number) >= 0
    ? (value as number)
    : refuseValue(value, path, 'a whole number from 0')

/** An id of 63 bits: a number when safe, else a bigint. */
export const readLongId: Reader<LongId> = (value, path) => {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
  if (typeof value === 'bigint' && value >= 0n && value < 2n ** 63n) return value
  return refuseValue(value, path, 'a whole number from 0 of at most 63 bits')
}

export const readUuid: Reader<string> = (value, path) =>
  typeof value === 'string' && /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(value)
    ? value
    : refuseValue(value, path, 'a UUID')

export function oneOf<const Value extends string>(...values: readonly Value[]): Reader<Value> {
  return (value, path) =>
    values.find((candidate) => candidate === value) ??
    refuseValue(value, path, values.map((candidate) => `'${candidate}'`).join(' or '))
}

export function nullable<Value>(reader: Reader<Value>): Reader<Value | null> {
  return (value, path) => (value === null || value === undefined ? null : reader(value, path))
}

export function listOf<Value>(reader: Reader<Value>): Reader<readonly Value[]> {
  return (value, path) =>
    Array.isArray(value)
      ? value.map((item, index) => reader(item, `${path}[${index}]`))
      : refuseValue(value, path, 'a list')
}

export const readObject: Reader<Readonly<Record<string, unknown>>> = (value, path) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : refuseValue(value, path, 'an object')

/** An object whose keys are free and whose values are texts, empty ones too. */
export const readTexts: Reader<Readonly<Record<string, string>>> = (value, path) =>
  Object.fromEntries(
    Object.entries(readObject(value, path)).map(([key, text]) => [
      key,
      typeof text === 'string' ? text : refuseValue(text, `${path}.${key}`, 'a text'),
    ]),
  )

type Readers = Readonly<Record<string, Reader<unknown>>>
type ValueOf<Shape extends Readers> = { readonly [Key in keyof Shape]: ReturnType<Shape[Key]> }

/** An object with the given keys; an optional one may be absent or null. Keys it does not know are left out. */
export function shape<Required extends Readers, Optional extends Readers = Record<never, never>>(
  required: Required,
  optional?: Optional,
): Reader<ValueOf<Required> & Partial<ValueOf<Optional>>> {
  return (value, path) => {
    const object = readObject(value, path)
    const read = ([key, reader]: [string, Reader<unknown>]): [string, unknown] => [
      key,
      reader(object[key], path === '' ? key : `${path}.${key}`),
    ]
    const given = Object.entries(optional ?? {}).filter(([key]) => (object[key] ?? null) !== null)
    return Object.fromEntries([...Object.entries(required), ...given].map(read)) as ValueOf<Required> &
      Partial<ValueOf<Optional>>
  }
}
