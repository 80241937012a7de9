import { NacreError } from '../base/index.ts'
import { avroTypeOf, type AvroSchema, type AvroType } from './avro-type.ts'
import {
  compressions,
  isAvroCodec,
  magic,
  metadataType,
  syncBytes,
  type AvroCodec,
} from './container-format.ts'

/** What an Avro file's header says. */
export interface AvroHeader {
  readonly schema: AvroSchema
  /** All entries of the header as text, Avro's own included. */
  readonly metadata: Readonly<Record<string, string>>
}

/** Reads a whole Avro file, such as a manifest. Throws NACRE_CORRUPT for bytes that are none. */
export function decodeAvro<Row = object>(file: Uint8Array): AvroHeader & { readonly rows: readonly Row[] } {
  const input = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  const opened = readHeader(input)
  if (!opened) throw corrupt('it ends within its header')
  const rows: Row[] = []
  const { expandSync } = compressions[opened.codec]
  let position = opened.end
  while (position < input.length) {
    const block = readBlock(input, position, opened.sync)
    if (!block) throw corrupt('it ends within a block')
    decodeRows(
      opened.type,
      guard(() => expandSync(block.data)),
      block.count,
      rows,
    )
    position = block.end
  }
  return { schema: opened.schema, metadata: opened.metadata, rows }
}

/**
 * Reads an Avro file from its chunks as they come, in batches of one block, holding one block in memory.
 * Throws NACRE_CORRUPT for bytes that are none.
 */
export async function* readAvro<Row = object>(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly Row[], void, void> {
  let input: Buffer = Buffer.alloc(0)
  let opened: OpenedFile | undefined
  for await (const chunk of chunks) {
    input = Buffer.concat([input, chunk])
    opened ??= readHeader(input)
    if (!opened) continue
    let position = opened.end
    for (;;) {
      const block = readBlock(input, position, opened.sync)
      if (!block) break
      const rows: Row[] = []
      decodeRows(
        opened.type,
        await compressions[opened.codec].expand(block.data).catch(corruptBlock),
        block.count,
        rows,
      )
      yield rows
      position = block.end
    }
    input = input.subarray(position)
    opened = { ...opened, end: 0 }
  }
  if (!opened) throw corrupt('it ends within its header')
  if (input.length > 0) throw corrupt('it ends within a block')
}

interface OpenedFile extends AvroHeader {
  readonly type: AvroType
  readonly codec: AvroCodec
  readonly sync: Buffer
  /** Where the first block begins. */
  readonly end: number
}

/** Undefined when `input` ends too early. */
function readHeader(input: Buffer): OpenedFile | undefined {
  if (!input.subarray(0, magic.length).equals(magic.subarray(0, input.length)))
    throw corrupt('it does not begin with the magic bytes')
  if (input.length < magic.length) return undefined
  const decoded = metadataType.decode(input, magic.length) as {
    value: Record<string, Buffer>
    offset: number
  }
  if (decoded.offset < 0 || decoded.offset + syncBytes > input.length) return undefined
  const metadata = Object.fromEntries(
    Object.entries(decoded.value).map(([key, bytes]) => [key, bytes.toString()]),
  )
  const codec = metadata['avro.codec'] ?? 'null'
  if (!isAvroCodec(codec)) throw corrupt(`its codec is '${codec}'; null, deflate and zstandard are read`)
  const schema = guard(() => JSON.parse(metadata['avro.schema'] ?? '') as AvroSchema)
  const end = decoded.offset + syncBytes
  return { schema, metadata, codec, type: avroTypeOf(schema), sync: input.subarray(decoded.offset, end), end }
}

/** Undefined when `input` ends too early. */
function readBlock(
  input: Buffer,
  start: number,
  sync: Buffer,
): { count: number; data: Buffer; end: number } | undefined {
  const count = readCount(input, start)
  const size = count && readCount(input, count.end)
  if (!size || size.end + size.value + syncBytes > input.length) return undefined
  const dataEnd = size.end + size.value
  if (!input.subarray(dataEnd, dataEnd + syncBytes).equals(sync)) throw corrupt('a sync marker is wrong')
  return { count: count.value, data: input.subarray(size.end, dataEnd), end: dataEnd + syncBytes }
}

/** The inverse of countBytes. */
function readCount(input: Buffer, start: number): { value: number; end: number } | undefined {
  let zigzag = 0
  for (let index = 0; start + index < input.length; index++) {
    const byte = input[start + index]!
    zigzag += (byte & 0x7f) * 2 ** (7 * index)
    if (byte >= 0x80) continue
    if (zigzag % 2 === 1 || !Number.isSafeInteger(zigzag)) throw corrupt('the length of a block is wrong')
    return { value: zigzag / 2, end: start + index + 1 }
  }
  return undefined
}

function decodeRows<Row>(type: AvroType, data: Uint8Array, count: number, rows: Row[]): void {
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  let position = 0
  for (let index = 0; index < count; index++) {
    const { value, offset } = guard(() => type.decode(buffer, position) as { value: Row; offset: number })
    if (offset < 0) throw corrupt('a block ends within a row')
    rows.push(value)
    position = offset
  }
}

function guard<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    return corruptBlock(error)
  }
}

function corruptBlock(error: unknown): never {
  throw corrupt((error as Error).message, error)
}

function corrupt(reason: string, cause?: unknown): NacreError {
  return new NacreError(
    'NACRE_CORRUPT',
    `This is not a whole Avro file: ${reason}. Fetch or export it again.`,
    { cause },
  )
}
