import {
  DuckDBDecimalType,
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  DuckDBTypeId,
  type DuckDBDataChunk,
  type DuckDBType,
} from '@duckdb/node-api'
import duckdb, { type Vector } from '@duckdb/node-bindings'
import type { Column, ColumnBatch, ColumnValues } from '../../avro/index.ts'
import { NacreError } from '../../base/index.ts'
import type { ResultColumn } from '../engine.ts'

/** Reads the values of a vector where they lie. */
type VectorReader = (vector: Vector, count: number) => Column
type ValuesReader = (vector: Vector, count: number) => ColumnValues

/** The chunks of a result column by column, as they lie in DuckDB's memory. */
export async function* columnBatches(
  chunks: AsyncIterable<DuckDBDataChunk>,
  columns: readonly ResultColumn[],
): AsyncGenerator<ColumnBatch, void, undefined> {
  let readers: readonly VectorReader[] | undefined
  for await (const chunk of chunks) {
    const { rowCount } = chunk
    readers ??= columns.map((_, index) => vectorReader(chunk.getColumnVector(index).type))
    const read = readers.map(
      (reader, index) =>
        [columns[index]!.name, reader(duckdb.data_chunk_get_vector(chunk.chunk, index), rowCount)] as const,
    )
    yield { rowCount, columns: new Map(read) }
    // Keeps the chunk, and with it the memory of the batch, from being collected before.
    void chunk.columnCount
  }
}

function vectorReader(type: DuckDBType): VectorReader {
  return withValidity(valuesReader(type))
}

function withValidity(valuesOf: ValuesReader): VectorReader {
  return (vector, count) => ({ valid: validityOf(vector, count), values: valuesOf(vector, count) })
}

/** Undefined when no value is null, which the declared type leaves out. */
function validityOf(vector: Vector, count: number): Uint8Array | undefined {
  return (duckdb.vector_get_validity(vector, Math.ceil(count / 64) * 8) as Uint8Array | null) ?? undefined
}

function valuesReader(type: DuckDBType): ValuesReader {
  if (type instanceof DuckDBListType) return listReader(vectorReader(type.valueType))
  if (type instanceof DuckDBMapType)
    return listReader(withValidity(structReader(['key', 'value'], [type.keyType, type.valueType])))
  if (type instanceof DuckDBStructType) return structReader(type.entryNames, type.entryTypes)
  if (type.typeId === DuckDBTypeId.VARCHAR || type.typeId === DuckDBTypeId.BLOB) return bytesReader()
  if (type.typeId === DuckDBTypeId.UUID) return readUuids
  const width = widthOf(type)
  return (vector, count) => ({ kind: 'fixed', width, data: duckdb.vector_get_data(vector, count * width) })
}

function structReader(names: readonly string[], types: readonly DuckDBType[]): ValuesReader {
  const readers = types.map(vectorReader)
  return (vector, count) => ({
    kind: 'struct',
    fields: new Map(
      readers.map((read, index) => [
        names[index]!,
        read(duckdb.struct_vector_get_child(vector, index), count),
      ]),
    ),
  })
}

/** DuckDB keeps an offset and a length of 64 bits for each list. */
function listReader(readItems: VectorReader): ValuesReader {
  const spans = spanBuffers()
  return (vector, count) => {
    const entries = wordsOf(duckdb.vector_get_data(vector, count * 16))
    const { starts, ends } = spans(count)
    for (let index = 0; index < count; index++) {
      starts[index] = entries[index * 4]!
      ends[index] = entries[index * 4]! + entries[index * 4 + 2]!
    }
    const items = readItems(duckdb.list_vector_get_child(vector), duckdb.list_vector_get_size(vector))
    return { kind: 'list', starts, ends, items }
  }
}

/** Where values start and end, in memory that serves one batch after the other. */
function spanBuffers(): (count: number) => { readonly starts: Uint32Array; readonly ends: Uint32Array } {
  let starts = new Uint32Array(0)
  let ends = new Uint32Array(0)
  return (count) => {
    if (starts.length < count) {
      starts = new Uint32Array(count)
      ends = new Uint32Array(count)
    }
    return { starts, ends }
  }
}

const entryBytes = 16
const inlineBytes = 12

/**
 * Texts and blobs: up to 12 bytes stand in the vector itself, of longer ones a pointer. Those whose bytes follow one another in
 * memory, as DuckDB lays them, are fetched as one run, for a call into DuckDB costs about a microsecond.
 */
function bytesReader(): ValuesReader {
  const spans = spanBuffers()
  let data = Buffer.alloc(0)
  return (vector, count) => {
    const entries = duckdb.vector_get_data(vector, count * entryBytes)
    const valid = validityOf(vector, count)
    const words = wordsOf(entries)
    const { starts, ends } = spans(count)
    const runs: Uint8Array[] = []
    let end = entries.length
    let runAt = 0
    let runBytes = 0
    let next = -1
    const closeRun = (): void => {
      if (runBytes > 0)
        runs.push(
          duckdb.get_data_from_pointer(entries.buffer as ArrayBuffer, entries.byteOffset + runAt, runBytes),
        )
    }
    for (let index = 0; index < count; index++) {
      // The entry of a null holds anything.
      if (valid !== undefined && (valid[index >> 3]! & (1 << (index & 7))) === 0) continue
      const length = words[index * 4]!
      if (length <= inlineBytes) {
        starts[index] = index * entryBytes + 4
        ends[index] = index * entryBytes + 4 + length
        continue
      }
      const pointer = words[index * 4 + 2]! + words[index * 4 + 3]! * 0x1_0000_0000
      if (pointer !== next) {
        closeRun()
        runAt = index * entryBytes + 8
        runBytes = 0
      }
      starts[index] = end
      end += length
      ends[index] = end
      runBytes += length
      next = pointer + length
    }
    closeRun()
    if (runs.length === 0) return { kind: 'bytes', data: entries, starts, ends }
    if (data.length < end) data = Buffer.allocUnsafeSlow(end * 2)
    data.set(entries)
    let at = entries.length
    for (const run of runs) {
      data.set(run, at)
      at += run.length
    }
    return { kind: 'bytes', data, starts, ends }
  }
}

/** DuckDB flips the highest bit, so that UUIDs sort as signed numbers. */
function readUuids(vector: Vector, count: number): ColumnValues {
  const data = Uint8Array.from(duckdb.vector_get_data(vector, count * 16))
  for (let at = 15; at < data.length; at += 16) data[at]! ^= 0x80
  return { kind: 'fixed', width: 16, data }
}

function wordsOf(data: Uint8Array): Uint32Array {
  return new Uint32Array(data.buffer, data.byteOffset, data.byteLength / 4)
}

const widths: Partial<Record<DuckDBTypeId, number>> = {
  [DuckDBTypeId.BOOLEAN]: 1,
  [DuckDBTypeId.INTEGER]: 4,
  [DuckDBTypeId.DATE]: 4,
  [DuckDBTypeId.FLOAT]: 4,
  [DuckDBTypeId.BIGINT]: 8,
  [DuckDBTypeId.DOUBLE]: 8,
  [DuckDBTypeId.TIME]: 8,
  [DuckDBTypeId.TIMESTAMP]: 8,
  [DuckDBTypeId.TIMESTAMP_TZ]: 8,
}

function widthOf(type: DuckDBType): number {
  const width = type instanceof DuckDBDecimalType ? decimalWidth(type) : widths[type.typeId]
  if (width !== undefined) return width
  throw new NacreError('NACRE_INPUT', `The type '${String(type)}' cannot be read as a column; cast it.`)
}

function decimalWidth({ width }: DuckDBDecimalType): number {
  return width <= 4 ? 2 : width <= 9 ? 4 : width <= 18 ? 8 : 16
}
