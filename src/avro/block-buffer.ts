/** Rows of one block, encoded; `data` is compressed or not yet, by the stage it is in. */
export interface AvroBlock {
  readonly rowCount: number
  readonly data: Uint8Array
}

/** Encodes the rows of one batch after the other. */
export interface BlockEncoder<Batch> {
  /** Takes the next batch; how many rows it has. */
  load(batch: Batch): number
  /** Writes a row of the batch at `at` and gives its end, which lies beyond `bytes` when it did not fit. */
  readonly write: (row: number, bytes: Buffer, at: number) => number
  /** What to throw for a row at which `write` threw. */
  readonly explain: (row: number, error: unknown) => unknown
}

/**
 * Encodes batches into blocks of at least `blockBytes` (default 64 KiB), but for the last. Where blocks end depends on the rows
 * alone, not on the batches.
 */
export async function* encodeBlocks<Batch>(
  batches: AsyncIterable<Batch>,
  encoder: BlockEncoder<Batch>,
  blockBytes = 65_536,
): AsyncGenerator<AvroBlock, void, void> {
  const buffer = new BlockBuffer(blockBytes)
  for await (const batch of batches) yield* buffer.add(batch, encoder)
  if (buffer.rowCount > 0) yield buffer.take()
}

/** Encoded rows that wait for their block to be full. */
export class BlockBuffer {
  readonly #limit: number
  #bytes: Buffer
  #end = 0
  rowCount = 0

  constructor(limit: number) {
    this.#limit = limit
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(2 * limit, 131_072))
  }

  /** Gives the blocks that these rows fill; the others wait. */
  *add<Batch>(batch: Batch, encoder: BlockEncoder<Batch>): Generator<AvroBlock, void, void> {
    const rowCount = encoder.load(batch)
    for (let row = 0; row < rowCount;) {
      row = this.#fill(encoder, row, rowCount)
      if (this.#end >= this.#limit) yield this.take()
    }
  }

  /** The encoded rows, copied; the buffer is empty again. */
  take(): AvroBlock {
    const block = { rowCount: this.rowCount, data: Buffer.from(this.#bytes.subarray(0, this.#end)) }
    this.#end = 0
    this.rowCount = 0
    return block
  }

  /** Writes rows until the block is full, and gives the next row. */
  #fill<Batch>({ write, explain }: BlockEncoder<Batch>, from: number, until: number): number {
    let bytes = this.#bytes
    let end = this.#end
    let row = from
    try {
      while (row < until && end < this.#limit) {
        const next = write(row, bytes, end)
        if (next > bytes.length) {
          bytes = larger(bytes, end, next)
        } else {
          end = next
          row++
        }
      }
    } catch (error) {
      throw explain(row, error)
    }
    this.#bytes = bytes
    this.#end = end
    this.rowCount += row - from
    return row
  }
}

function larger(bytes: Buffer, end: number, needed: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(Math.max(needed, bytes.length * 2))
  bytes.copy(copy, 0, 0, end)
  return copy
}
