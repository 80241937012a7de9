import { constants } from 'node:fs'
import { mkdir, open, readFile, readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Bell, NacreError, syncDirectory, toNacreError, uuidv7, writeFileDurably } from '../base/index.ts'
import { decodeRecord, encodeRecord, headerBytes, recordBytes, type LoggedRequest } from './segment-record.ts'

/** A place in the log. */
export interface LogPosition {
  readonly segment: number
  readonly offset: number
}

/** A request read back, and where it lies. */
export interface LogEntry extends LoggedRequest {
  readonly position: LogPosition
}

/** Entries in order, and where to read on. */
export interface LogBatch {
  readonly entries: readonly LogEntry[]
  readonly next: LogPosition
}

/** Sums since the log was opened. */
export interface LogCounters {
  readonly appended: number
  readonly bytes: number
  readonly syncs: number
  /** Time spent in write and fdatasync. */
  readonly syncMs: number
}

/** An append-only log of requests on disk. One process at a time may have it open; disposing it writes what is waiting. */
export interface SegmentLog extends AsyncDisposable {
  /** Made with the folder: a log that was deleted and made again is another log. */
  readonly id: string
  /** Resolves once the request would survive a power cut. Throws NACRE_DISK_FULL (try again later) or NACRE_UNAVAILABLE (the log has failed). */
  append(request: LoggedRequest): Promise<void>
  /** Bytes given to {@link append} and not yet durable. */
  readonly pendingBytes: number
  /** Entries from a position on, at most about `maxBytes` of them but at least one when there is one. Only durable entries are seen. */
  read(from: LogPosition, options: { maxBytes: number }): Promise<LogBatch>
  /** Rings when entries became durable. */
  readonly arrivals: Bell
  readonly start: LogPosition
  readonly end: LogPosition
  bytesAfter(position: LogPosition): number
  /** Deletes segments that lie wholly before `consumed` and were last written before `writtenBefore` (milliseconds since 1970). */
  removeConsumed(consumed: LogPosition, writtenBefore: number): Promise<void>
  counters(): LogCounters
}

/** The calls on an open segment that make data durable; tests inject faults here. */
export interface SegmentFile {
  writev(buffers: Buffer[], position: number): Promise<{ bytesWritten: number }>
  datasync(): Promise<void>
  truncate(length: number): Promise<void>
  close(): Promise<void>
}

export interface SegmentLogOptions {
  readonly folder: string
  /** A segment is closed when it has grown to this. Default 64 MiB. */
  readonly segmentBytes?: number
  /**
   * Called once when data could not be made durable for another reason than a full disk. The kernel may have dropped the
   * dirty pages, so a second fsync would lie: the caller should end the process; opening again keeps what is on disk.
   */
  readonly onFailure?: (error: NacreError) => void
}

/** Opens a log, made when absent; cuts off what a crash left half-written at its end. */
export async function openSegmentLog(
  options: SegmentLogOptions,
  effects: { openFile?: (path: string) => Promise<SegmentFile> } = {},
): Promise<SegmentLog> {
  const { folder } = options
  await mkdir(folder, { recursive: true })
  const id = await readId(folder)
  const sizes = new Map<number, number>()
  for (const name of (await readdir(folder)).toSorted()) {
    const match = /^segment-(\d{12})\.log$/.exec(name)
    if (match) sizes.set(Number(match[1]), (await stat(join(folder, name))).size)
  }
  const last = [...sizes.keys()].at(-1)
  if (last !== undefined) sizes.set(last, await cutTornTail(segmentPath(folder, last)))
  return new FileSegmentLog(id, options, sizes, effects.openFile ?? openSegmentFile)
}

class FileSegmentLog implements SegmentLog {
  readonly id: string
  readonly arrivals: Bell = new Bell()
  readonly #folder: string
  readonly #segmentBytes: number
  readonly #onFailure: (error: NacreError) => void
  readonly #openFile: (path: string) => Promise<SegmentFile>
  /** Durable bytes by segment, oldest first. */
  readonly #sizes: Map<number, number>
  #file: SegmentFile | undefined
  #queue: { buffers: Buffer[]; resolve: () => void; reject: (error: NacreError) => void }[] = []
  #pendingBytes = 0
  #flushing: Promise<void> | undefined
  #refusal: NacreError | undefined
  #counters = { appended: 0, bytes: 0, syncs: 0, syncMs: 0 }

  constructor(
    id: string,
    options: SegmentLogOptions,
    sizes: Map<number, number>,
    openFile: (path: string) => Promise<SegmentFile>,
  ) {
    this.id = id
    this.#folder = options.folder
    this.#segmentBytes = options.segmentBytes ?? 64 * 1024 * 1024
    this.#onFailure = options.onFailure ?? (() => undefined)
    this.#openFile = openFile
    this.#sizes = sizes
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  get start(): LogPosition {
    return { segment: this.#sizes.keys().next().value ?? 1, offset: 0 }
  }

  get end(): LogPosition {
    const segment = [...this.#sizes.keys()].at(-1) ?? 1
    return { segment, offset: this.#sizes.get(segment) ?? 0 }
  }

  append(request: LoggedRequest): Promise<void> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal)
    const buffers = encodeRecord(request)
    this.#pendingBytes += byteLength(buffers)
    return new Promise((resolve, reject) => {
      this.#queue.push({ buffers, resolve, reject })
      this.#flushing ??= this.#flush()
    })
  }

  /** Group commit without a timer: while one sync runs, the next group gathers. */
  async #flush(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#queue
      this.#queue = []
      const buffers = group.flatMap((waiter) => waiter.buffers)
      const bytes = byteLength(buffers)
      try {
        await this.#write(buffers, bytes)
        for (const { resolve } of group) resolve()
        this.#counters.appended += group.length
        this.#counters.bytes += bytes
        this.arrivals.ring()
      } catch (error) {
        for (const { reject } of group) reject(error as NacreError)
      }
      this.#pendingBytes -= bytes
    }
    this.#flushing = undefined
  }

  async #write(buffers: Buffer[], bytes: number): Promise<void> {
    if (this.#refusal !== undefined) throw this.#refusal
    const began = performance.now()
    let segment: number
    let offset: number
    try {
      ;({ segment, offset } = await this.#openForWriting())
    } catch (error) {
      throw this.#isFull(error) ? toNacreError(error) : this.#fail(error)
    }
    try {
      await writeFully(this.#file!, buffers, offset)
    } catch (error) {
      if (!this.#isFull(error)) throw this.#fail(error)
      // Nothing of the group was acknowledged: take it back, so that the log ends where its last durable record does.
      await this.#file!.truncate(offset).catch((failure: unknown) => this.#fail(failure))
      throw this.#refusal ?? toNacreError(error)
    }
    try {
      await this.#file!.datasync()
    } catch (error) {
      throw this.#fail(error)
    }
    this.#sizes.set(segment, offset + bytes)
    this.#counters.syncs += 1
    this.#counters.syncMs += performance.now() - began
  }

  async #openForWriting(): Promise<LogPosition> {
    const { segment, offset } = this.end
    if (offset < this.#segmentBytes && this.#file !== undefined) return { segment, offset }
    const isFull = offset >= this.#segmentBytes
    const next = isFull ? segment + 1 : segment
    const file = await this.#openFile(segmentPath(this.#folder, next))
    try {
      await syncDirectory(this.#folder)
      await this.#file?.close()
    } catch (error) {
      await file.close()
      throw error
    }
    this.#file = file
    this.#sizes.set(next, isFull ? 0 : offset)
    return this.end
  }

  #isFull(error: unknown): boolean {
    return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')
  }

  #fail(cause: unknown): NacreError {
    if (this.#refusal === undefined) {
      this.#refusal = new NacreError(
        'NACRE_UNAVAILABLE',
        `The segment log in ${this.#folder} cannot be written: ${(cause as Error).message}. Nothing more is accepted; check the disk and start Nacre again.`,
        { cause },
      )
      this.#onFailure(this.#refusal)
    }
    return this.#refusal
  }

  async read(from: LogPosition, options: { maxBytes: number }): Promise<LogBatch> {
    let { segment, offset } = from
    const end = this.end
    const sealedBytes = this.#sizes.get(segment)
    if (sealedBytes === undefined && segment !== end.segment) throw this.#gone(from)
    if (segment < end.segment && offset === sealedBytes) {
      segment = [...this.#sizes.keys()].find((other) => other > segment)!
      offset = 0
    }
    const size = this.#sizes.get(segment) ?? 0
    if (offset > size) throw this.#gone(from)
    if (offset === size) return { entries: [], next: { segment, offset } }
    const path = segmentPath(this.#folder, segment)
    let bytes = await readBytes(
      path,
      offset,
      Math.min(Math.max(options.maxBytes, headerBytes), size - offset),
    )
    const first = recordBytes(bytes, 0) ?? 0
    if (first > bytes.length) bytes = await readBytes(path, offset, Math.min(first, size - offset))
    const { entries, length } = scan(bytes, { segment, offset })
    if (entries.length === 0) {
      throw new NacreError(
        'NACRE_CORRUPT',
        `${path} is damaged at byte ${offset}: the checksum of a durable record does not hold. Restore the file from a copy, or move it away to go on without it.`,
      )
    }
    return { entries, next: { segment, offset: offset + length } }
  }

  bytesAfter(position: LogPosition): number {
    let bytes = 0
    for (const [segment, size] of this.#sizes) {
      if (segment > position.segment) bytes += size
      else if (segment === position.segment) bytes += size - position.offset
    }
    return bytes
  }

  async removeConsumed(consumed: LogPosition, writtenBefore: number): Promise<void> {
    for (const segment of [...this.#sizes.keys()].filter((other) => other < consumed.segment)) {
      const path = segmentPath(this.#folder, segment)
      if ((await stat(path)).mtimeMs >= writtenBefore) return
      await unlink(path)
      this.#sizes.delete(segment)
    }
  }

  counters(): LogCounters {
    return { ...this.#counters }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flushing
    this.#refusal ??= new NacreError('NACRE_UNAVAILABLE', 'The segment log is closed.')
    await this.#file?.close()
  }

  #gone({ segment, offset }: LogPosition): NacreError {
    return new NacreError(
      'NACRE_CORRUPT',
      `The segment log in ${this.#folder} has nothing at segment ${segment}, byte ${offset}. Its files were removed or cut; put them back, or start with a new log folder.`,
    )
  }
}

function segmentPath(folder: string, segment: number): string {
  return join(folder, `segment-${String(segment).padStart(12, '0')}.log`)
}

async function openSegmentFile(path: string): Promise<SegmentFile> {
  return open(path, constants.O_RDWR | constants.O_CREAT, 0o640)
}

async function readId(folder: string): Promise<string> {
  const path = join(folder, 'log.json')
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text !== undefined) return (JSON.parse(text) as { id: string }).id
  const id = uuidv7()
  await writeFileDurably(path, JSON.stringify({ format: 1, id }))
  return id
}

/** Appends go to the last segment only, so a crash can have torn no other. Answers the bytes that remain. */
async function cutTornTail(path: string): Promise<number> {
  await using file = await open(path, 'r+')
  const { size } = await file.stat()
  const { length } = scan(await readBytes(path, 0, size), { segment: 0, offset: 0 })
  if (length < size) await file.truncate(length)
  await file.sync() // what the crashed process wrote but did not sync becomes durable before anyone reads it
  return length
}

/** The whole records at the start of `bytes`, and how many bytes they take. */
function scan(bytes: Buffer, from: LogPosition): { entries: LogEntry[]; length: number } {
  const entries: LogEntry[] = []
  let length = 0
  for (;;) {
    const record = decodeRecord(bytes, length)
    if (record === undefined) return { entries, length }
    entries.push({ ...record, position: { segment: from.segment, offset: from.offset + length } })
    length += recordBytes(bytes, length)!
  }
}

async function readBytes(path: string, offset: number, length: number): Promise<Buffer> {
  await using file = await open(path, 'r')
  const bytes = Buffer.allocUnsafe(length)
  const { bytesRead } = await file.read(bytes, 0, length, offset)
  return bytes.subarray(0, bytesRead)
}

/** A full disk shows first as a short write. */
async function writeFully(file: SegmentFile, buffers: Buffer[], position: number): Promise<void> {
  let rest = buffers
  let written = 0
  const bytes = byteLength(buffers)
  while (written < bytes) {
    const { bytesWritten } = await file.writev(rest, position + written)
    written += bytesWritten
    rest = written < bytes ? [Buffer.concat(rest).subarray(bytesWritten)] : []
  }
}

function byteLength(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, { length }) => sum + length, 0)
}
