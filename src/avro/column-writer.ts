import { NacreError } from '../base/index.ts'
import type { AvroSchema } from './avro-type.ts'
import { isValid, type Column, type ColumnValues } from './column.ts'
import { writeInt, writeLong } from './varint.ts'

/** Encodes single values of one column after the other. What does not fit is dropped, and the returned end lies beyond `bytes`. */
export interface ColumnWriter {
  /** Takes the column to write from. */
  readonly load: (column: Column) => void
  /** Writes value `index` at `at` and gives its end. */
  readonly write: (index: number, bytes: Buffer, at: number) => number
}

interface AvroNode {
  readonly type: unknown
  readonly logicalType?: string
  readonly size?: number
  readonly fields?: readonly {
    readonly name: string
    readonly type: AvroSchema
    readonly 'iceberg-field-name'?: string
  }[]
  readonly items?: AvroSchema
  readonly values?: AvroSchema
}

/** The writer of a schema. @param path names the field in errors. */
export function columnWriter(schema: AvroSchema, path: string): ColumnWriter {
  if (Array.isArray(schema)) return nullable(schema as readonly AvroSchema[], path)
  return required(valueWriter(schema as string | AvroNode, path), path)
}

function valueWriter(schema: string | AvroNode, path: string): ColumnWriter {
  const node: AvroNode = typeof schema === 'string' ? { type: schema } : schema
  switch (node.type) {
    case 'record':
      return record(node.fields!, path)
    case 'array':
      return list(columnWriter(node.items!, `${path}[]`), path)
    case 'map':
      return list(mapEntry(columnWriter(node.values!, `${path}{}`), path), path)
    case 'boolean':
      return fixedBytes(1, path)
    case 'int':
      return node.logicalType === 'date' ? days(path) : int(path)
    case 'long':
      return node.logicalType === undefined ? long(path) : micros(path)
    case 'float':
      return fixedBytes(4, path)
    case 'double':
      return fixedBytes(8, path)
    case 'string':
      return node.logicalType === 'uuid' ? uuid(path) : bytes(path)
    case 'bytes':
      return node.logicalType === 'decimal' ? decimal(undefined, path) : bytes(path)
    case 'fixed':
      return node.logicalType === 'decimal' ? decimal(node.size!, path) : fixed(node.size!, path)
    default:
      throw new NacreError(
        'NACRE_INPUT',
        `Field '${path}' has the Avro type ${JSON.stringify(node.type)}, which columns cannot be written as.`,
      )
  }
}

function nullable(branches: readonly AvroSchema[], path: string): ColumnWriter {
  const nullAt = branches.indexOf('null')
  if (branches.length !== 2 || nullAt < 0)
    throw new NacreError(
      'NACRE_INPUT',
      `Field '${path}' is a union of ${JSON.stringify(branches)}; columns are written as unions with null only.`,
    )
  const { load, write } = valueWriter(branches[1 - nullAt] as string | AvroNode, path)
  const nullByte = nullAt * 2
  const valueByte = 2 - nullByte
  let valid: Uint8Array | undefined
  return {
    load(column) {
      valid = column.valid
      load(column)
    },
    write(index, into, at) {
      if (isValid(valid, index)) {
        into[at] = valueByte
        return write(index, into, at + 1)
      }
      into[at] = nullByte
      return at + 1
    },
  }
}

function required({ load, write }: ColumnWriter, path: string): ColumnWriter {
  let valid: Uint8Array | undefined
  return {
    load(column) {
      valid = column.valid
      load(column)
    },
    write(index, into, at) {
      if (!isValid(valid, index)) throw misfit(path, 'null', 'is required')
      return write(index, into, at)
    },
  }
}

function record(fields: NonNullable<AvroNode['fields']>, path: string): ColumnWriter {
  const parts = fields.map(({ name, type, ...attributes }) => ({
    column: attributes['iceberg-field-name'] ?? name,
    writer: columnWriter(type, path === '' ? name : `${path}.${name}`),
  }))
  const writes = parts.map(({ writer }) => writer.write)
  return {
    load({ values }) {
      const columns = of('struct', values, path).fields
      for (const { column, writer } of parts) {
        const found = columns.get(column)
        if (found === undefined) throw mismatch(path, `there is no column '${column}'`)
        writer.load(found)
      }
    },
    write(index, into, at) {
      let end = at
      for (const write of writes) end = write(index, into, end)
      return end
    },
  }
}

function mapEntry(value: ColumnWriter, path: string): ColumnWriter {
  const key = columnWriter('string', `${path}{key}`)
  return {
    load({ values }) {
      const { fields } = of('struct', values, path)
      key.load(fields.get('key')!)
      value.load(fields.get('value')!)
    },
    write: (index, into, at) => value.write(index, into, key.write(index, into, at)),
  }
}

function list(item: ColumnWriter, path: string): ColumnWriter {
  let starts: Uint32Array
  let ends: Uint32Array
  return {
    load({ values }) {
      const loaded = of('list', values, path)
      ;({ starts, ends } = loaded)
      item.load(loaded.items)
    },
    write(index, into, at) {
      const until = ends[index]!
      let from = starts[index]!
      let end = at
      if (until > from) {
        end = writeInt(into, end, until - from)
        for (; from < until; from++) end = item.write(from, into, end)
      }
      into[end] = 0
      return end + 1
    },
  }
}

function int(path: string): ColumnWriter {
  let numbers: Int32Array
  return {
    load: ({ values }) => void (numbers = wordsOf(values, 4, path)),
    write: (index, into, at) => writeInt(into, at, numbers[index]!),
  }
}

/** The largest numbers are DuckDB's `infinity`, which Avro has no form for. */
function days(path: string): ColumnWriter {
  let numbers: Int32Array
  return {
    load: ({ values }) => void (numbers = wordsOf(values, 4, path)),
    write(index, into, at) {
      const value = numbers[index]!
      if (value === 0x7fffffff || value === -0x7fffffff)
        throw misfit(path, value < 0 ? '-infinity' : 'infinity', 'is no date')
      return writeInt(into, at, value)
    },
  }
}

function long(path: string): ColumnWriter {
  let words: Int32Array
  return {
    load: ({ values }) => void (words = wordsOf(values, 8, path)),
    write: (index, into, at) => writeLong(into, at, words[index * 2]!, words[index * 2 + 1]!),
  }
}

function micros(path: string): ColumnWriter {
  let words: Int32Array
  return {
    load: ({ values }) => void (words = wordsOf(values, 8, path)),
    write(index, into, at) {
      const low = words[index * 2]!
      const high = words[index * 2 + 1]!
      if (high === 0x7fffffff && low === -1) throw misfit(path, 'infinity', 'is no point in time')
      if (high === -0x80000000 && low === 1) throw misfit(path, '-infinity', 'is no point in time')
      return writeLong(into, at, low, high)
    },
  }
}

/** Booleans, floats and doubles: as they lie in memory. */
function fixedBytes(width: number, path: string): ColumnWriter {
  let data: Uint8Array
  return {
    load: ({ values }) => void (data = fixedOf(values, width, path)),
    write(index, into, at) {
      const from = index * width
      for (let offset = 0; offset < width; offset++) into[at + offset] = data[from + offset]!
      return at + width
    },
  }
}

function bytes(path: string): ColumnWriter {
  let data: Uint8Array
  let starts: Uint32Array
  let ends: Uint32Array
  return {
    load: ({ values }) => void ({ data, starts, ends } = of('bytes', values, path)),
    write(index, into, at) {
      const from = starts[index]!
      const until = ends[index]!
      return copy(data, from, until, into, writeInt(into, at, until - from))
    },
  }
}

function fixed(size: number, path: string): ColumnWriter {
  let data: Uint8Array
  let starts: Uint32Array
  let ends: Uint32Array
  return {
    load: ({ values }) => void ({ data, starts, ends } = of('bytes', values, path)),
    write(index, into, at) {
      const from = starts[index]!
      const until = ends[index]!
      if (until - from !== size) throw misfit(path, `a value of ${until - from} bytes`, `has ${size}`)
      return copy(data, from, until, into, at)
    },
  }
}

/** Big-endian two's complement: as few bytes as hold the value, or exactly `size`. */
function decimal(size: number | undefined, path: string): ColumnWriter {
  let data: Uint8Array
  let width: number
  return {
    load({ values }) {
      ;({ data, width } = of('fixed', values, path))
    },
    write(index, into, at) {
      const from = index * width
      const sign = data[from + width - 1]! >= 0x80 ? 0xff : 0
      let length = width
      while (
        length > 1 &&
        data[from + length - 1] === sign &&
        ((data[from + length - 2]! ^ sign) & 0x80) === 0
      )
        length--
      let end = size === undefined ? writeInt(into, at, length) : at
      if (size !== undefined) {
        if (length > size) throw misfit(path, `a value of ${length} bytes`, `has ${size}`)
        for (let spare = size - length; spare > 0; spare--) into[end++] = sign
      }
      for (let offset = length - 1; offset >= 0; offset--) into[end++] = data[from + offset]!
      return end
    },
  }
}

const hexDigits = Buffer.from('0123456789abcdef')

function uuid(path: string): ColumnWriter {
  let data: Uint8Array
  return {
    load: ({ values }) => void (data = fixedOf(values, 16, path)),
    write(index, into, at) {
      let end = writeInt(into, at, 36)
      for (let offset = 15; offset >= 0; offset--) {
        const byte = data[index * 16 + offset]!
        into[end++] = hexDigits[byte >> 4]!
        into[end++] = hexDigits[byte & 15]!
        if (offset === 12 || offset === 10 || offset === 8 || offset === 6) into[end++] = 0x2d
      }
      return end
    },
  }
}

/** Measured: below this many bytes a loop is faster than a call into V8. */
const shortBytes = 48

function copy(data: Uint8Array, from: number, until: number, into: Buffer, at: number): number {
  const end = at + until - from
  if (until - from <= shortBytes) {
    for (let source = from, target = at; source < until; source++, target++) into[target] = data[source]!
  } else if (end <= into.length) {
    into.set(data.subarray(from, until), at)
  }
  return end
}

function of<Kind extends ColumnValues['kind']>(
  kind: Kind,
  values: ColumnValues,
  path: string,
): Extract<ColumnValues, { kind: Kind }> {
  if (values.kind !== kind) throw mismatch(path, `its column holds ${values.kind} values`)
  return values as Extract<ColumnValues, { kind: Kind }>
}

function fixedOf(values: ColumnValues, width: number, path: string): Uint8Array {
  const { data, width: found } = of('fixed', values, path)
  if (found !== width) throw mismatch(path, `its column holds values of ${found} bytes`)
  return data
}

function wordsOf(values: ColumnValues, width: number, path: string): Int32Array {
  const data = fixedOf(values, width, path)
  return new Int32Array(data.buffer, data.byteOffset, data.byteLength / 4)
}

function misfit(path: string, value: string, reason: string): NacreError {
  return new NacreError(
    'NACRE_INPUT',
    `Field '${path}' of a row cannot be written to Avro: ${value}, where the field ${reason}.`,
  )
}

function mismatch(path: string, reason: string): NacreError {
  return new NacreError(
    'NACRE_INPUT',
    `Columns do not have the shape of the Avro schema at '${path}': ${reason}.`,
  )
}
