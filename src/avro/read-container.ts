import { NacreError } from '../base/index.ts'
import { avroTypeOf, type AvroSchema, type AvroType } from './avro-type.ts'
import { ByteSource } from './byte-source.ts'
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

/** How an Avro file is read. */
export interface ReadAvroOptions {
  /** Names the file in errors. */
  readonly file?: string
}

/** Reads a whole small Avro file, such as a manifest. Throws NACRE_CORRUPT, naming the byte, when it is none or damaged. */
export function decodeAvro<Row = object>(
  file: Uint8Array,
  options: ReadAvroOptions = {},
): AvroHeader & { readonly rows: readonly Row[] } {
  const input = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  const rows: Row[] = []
  let offset = 0
  try {
    const opened = readHeader(input)
    for (offset = opened.end; offset < input.length;) {
      const rest = input.subarray(offset)
      const block = readBlockHead(rest)
      const data = blockData(rest, block, opened.sync)
      for (const row of decodeRows<Row>(
        opened.type,
        compressions[opened.codec].expandSync(data),
        block.rowCount,
      ))
        rows.push(row)
      offset += block.end
    }
    return { schema: opened.schema, metadata: opened.metadata, rows }
  } catch (error) {
    throw corrupt(error, offset, options)
  }
}

/**
 * Reads an Avro file from its chunks as they come, in batches of one block, holding one block in memory.
 * Throws NACRE_CORRUPT, naming the file and the byte, when it is none or damaged; rows given before are sound.
 */
export async function* readAvro<Row = object>(
  chunks: AsyncIterable<Uint8Array>,
  options: ReadAvroOptions = {},
): AsyncGenerator<readonly Row[], void, void> {
  await using source = new ByteSource(chunks)
  try {
    const { type, codec, sync, end } = await openStream(source)
    source.skip(end)
    for (;;) {
      const head = await source.peek(blockHeadBytes)
      if (head.length === 0) return
      const block = readBlockHead(head)
      const data = blockData(await source.peek(block.end), block, sync)
      yield decodeRows<Row>(type, await compressions[codec].expand(data), block.rowCount)
      source.skip(block.end)
    }
  } catch (error) {
    throw source.hasFailed ? error : corrupt(error, source.offset, options)
  }
}

interface OpenedFile extends AvroHeader {
  readonly type: AvroType
  readonly codec: AvroCodec
  readonly sync: Buffer
  /** Where the first block begins. */
  readonly end: number
}

/** How long a header is stands nowhere. */
async function openStream(source: ByteSource): Promise<OpenedFile> {
  for (let size = 1; ;) {
    const input = await source.peek(size)
    try {
      return readHeader(input)
    } catch (error) {
      if (!(error instanceof EndsEarly) || input.length < size) throw error
      size = input.length + 1
    }
  }
}

/** Throws {@link EndsEarly} when `input` does not hold all of it. */
function readHeader(input: Buffer): OpenedFile {
  if (!input.subarray(0, magic.length).equals(magic.subarray(0, input.length)))
    throw new Error('it does not begin with the magic bytes')
  if (input.length < magic.length) throw new EndsEarly('header')
  const decoded = metadataType.decode(input, magic.length) as {
    value: Record<string, Buffer>
    offset: number
  }
  if (decoded.offset < 0 || decoded.offset + syncBytes > input.length) throw new EndsEarly('header')
  const metadata = Object.fromEntries(
    Object.entries(decoded.value).map(([key, bytes]) => [key, bytes.toString()]),
  )
  const codec = metadata['avro.codec'] ?? 'null'
  if (!isAvroCodec(codec))
    throw new Error(`its codec is '${codec}'; ${Object.keys(compressions).join(', ')} are read`)
  const schema = JSON.parse(metadata['avro.schema'] ?? '') as AvroSchema
  const end = decoded.offset + syncBytes
  // Copied, for `input` is the stream's buffer.
  const sync = Buffer.from(input.subarray(decoded.offset, end))
  return { schema, metadata, codec, type: avroTypeOf(schema), sync, end }
}

/** The shortest block; also more than the counts of any block that can be read. */
const blockHeadBytes = 2 + syncBytes

interface BlockHead {
  readonly rowCount: number
  /** Where its data begin and end, and it itself. */
  readonly dataStart: number
  readonly dataEnd: number
  readonly end: number
}

function readBlockHead(input: Buffer): BlockHead {
  const count = readCount(input, 0)
  const size = readCount(input, count.end)
  const dataEnd = size.end + size.value
  return { rowCount: count.value, dataStart: size.end, dataEnd, end: dataEnd + syncBytes }
}

function blockData(input: Buffer, { dataStart, dataEnd, end }: BlockHead, sync: Buffer): Buffer {
  if (input.length < end) throw new EndsEarly('block')
  if (!input.subarray(dataEnd, end).equals(sync)) throw new Error('the sync marker behind a block is wrong')
  return input.subarray(dataStart, dataEnd)
}

/** The inverse of countBytes. */
function readCount(input: Buffer, start: number): { value: number; end: number } {
  let zigzag = 0
  for (let index = 0; start + index < input.length; index++) {
    const byte = input[start + index]!
    zigzag += (byte & 0x7f) * 2 ** (7 * index)
    if (!Number.isSafeInteger(zigzag)) break
    if (byte >= 0x80) continue
    if (zigzag % 2 === 1) break
    return { value: zigzag / 2, end: start + index + 1 }
  }
  if (input.length < start + 10) throw new EndsEarly('block')
  throw new Error('the length of a block is wrong')
}

function decodeRows<Row>(type: AvroType, data: Uint8Array, rowCount: number): Row[] {
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  // Rows that take no bytes could be told to be without end.
  if (rowCount > buffer.length)
    throw new Error(`a block of ${buffer.length} bytes cannot hold ${rowCount} rows`)
  const rows: Row[] = []
  let position = 0
  while (rows.length < rowCount) {
    const { value, offset } = type.decode(buffer, position) as { value: Row; offset: number }
    if (offset < 0) throw new Error('a block ends within a row')
    rows.push(value)
    position = offset
  }
  if (position !== buffer.length) throw new Error('a block holds more than its rows')
  return rows
}

/** What is there may be sound, but there is not enough of it. */
class EndsEarly extends Error {
  constructor(what: string) {
    super(`it ends within ${what === 'header' ? 'its' : 'a'} ${what}`)
  }
}

function corrupt(cause: unknown, offset: number, { file = 'This' }: ReadAvroOptions): NacreError {
  return new NacreError(
    'NACRE_CORRUPT',
    `${file} is not a whole Avro file: at byte ${offset}, ${(cause as Error).message}. Fetch or export it again.`,
    { cause, details: { file, offset } },
  )
}
