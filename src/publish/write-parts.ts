import { createHash } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { avroHeader, frameBlock, type AvroBlock, type AvroHeaderOptions } from '../avro/index.ts'
import { NacreError, toNacreError } from '../base/index.ts'

/** Where the blocks of a slice go. Travels to worker threads. */
export interface PartTarget {
  /** A folder that is there; whoever made it removes it when a slice fails. */
  readonly folder: string
  /** Begins the names of the files. */
  readonly prefix: string
  /** A part is closed once its file holds so many bytes. */
  readonly partBytes: number
  readonly header: Omit<AvroHeaderOptions, 'syncMarker'>
  /** What sync markers are made of: random by custom, but the same snapshot must give the same bytes. */
  readonly syncSeed: string
}

/** One file of an export, as its manifest tells. */
export interface ExportedPart {
  readonly name: string
  readonly rows: number
  readonly sizeBytes: number
  readonly sha256: string
}

/**
 * Writes compressed blocks as Avro files; none where there is no block. The same blocks give the same files. Throws what a
 * block or the disk threw, naming the file.
 */
export async function writeParts(
  blocks: AsyncIterable<AvroBlock>,
  target: PartTarget,
  signal: AbortSignal,
): Promise<readonly ExportedPart[]> {
  const parts: ExportedPart[] = []
  let file: PartFile | undefined
  const nextName = (): string => `${target.prefix}-${String(parts.length).padStart(5, '0')}.avro`
  try {
    for await (const block of blocks) {
      signal.throwIfAborted()
      file ??= await PartFile.open(nextName(), target)
      await file.write(block)
      if (file.sizeBytes < target.partBytes) continue
      parts.push(await file.finish())
      file = undefined
    }
    if (file !== undefined) parts.push(await file.finish())
    return parts
  } catch (thrown) {
    await file?.[Symbol.asyncDispose]()
    signal.throwIfAborted()
    const { code, message, details } = toNacreError(thrown)
    throw new NacreError(code, `Part ${nextName()} cannot be written: ${message}`, { details, cause: thrown })
  }
}

/** Writes one part that holds no rows. */
export async function writeEmptyPart(target: PartTarget): Promise<ExportedPart> {
  return (await PartFile.open(`${target.prefix}-00000.avro`, target)).finish()
}

/** A part that is being written. */
class PartFile implements AsyncDisposable {
  readonly #name: string
  readonly #handle: FileHandle
  readonly #sync: Uint8Array
  readonly #hash = createHash('sha256')
  #rows = 0
  sizeBytes = 0

  private constructor(name: string, handle: FileHandle, sync: Uint8Array) {
    this.#name = name
    this.#handle = handle
    this.#sync = sync
  }

  static async open(name: string, { folder, header, syncSeed }: PartTarget): Promise<PartFile> {
    const syncMarker = createHash('sha256').update(`${syncSeed}:${name}`).digest().subarray(0, 16)
    const begin = avroHeader({ ...header, syncMarker })
    const file = new PartFile(name, await open(join(folder, name), 'wx'), begin.sync)
    await file.#append(begin.header)
    return file
  }

  async write(block: AvroBlock): Promise<void> {
    await this.#append(frameBlock(block, this.#sync))
    this.#rows += block.rowCount
  }

  /** Makes the file durable and closes it. */
  async finish(): Promise<ExportedPart> {
    await this.#handle.sync()
    await this.#handle.close()
    return { name: this.#name, rows: this.#rows, sizeBytes: this.sizeBytes, sha256: this.#hash.digest('hex') }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close()
  }

  async #append(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes)
    await this.#handle.writeFile(bytes) // goes on where the last write ended
    this.sizeBytes += bytes.length
  }
}
