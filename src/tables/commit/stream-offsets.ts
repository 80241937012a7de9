import { NacreError } from '../../base/index.ts'
import type { TableMetadata } from '../metadata/table-metadata.ts'

/** A position in a stream: a count, or counts of which the first differing one decides, such as `[segment, offset]`. */
export type StreamOffset = number | readonly number[]

/** How far a commit brings a stream. What is committed with it lands exactly once, however often it is tried. */
export interface StreamProgress {
  /** The table that keeps the stream's offset: one that the stream alone writes, or writes first. */
  readonly table: string
  /** Letters, digits, `_`, `-` and `.`. */
  readonly stream: string
  /** Where what is committed begins; null for the stream's beginning. */
  readonly from: StreamOffset | null
  /** Where it ends: where the next begins. */
  readonly to: StreamOffset
}

/** The property and summary key that hold a stream's offset, as JSON. */
export function offsetKey(stream: string): string {
  if (!/^[\w.-]+$/.test(stream))
    throw new NacreError(
      'NACRE_INPUT',
      `Stream name '${stream}' must be of letters, digits, '_', '-' and '.'.`,
    )
  return `nacre.offsets.${stream}`
}

/** The offset a table has of a stream; null when it has none of it yet. */
export function streamOffset(
  properties: Readonly<Record<string, string>>,
  stream: string,
): StreamOffset | null {
  const text = properties[offsetKey(stream)]
  return text === undefined ? null : (JSON.parse(text) as StreamOffset)
}

/** Whether the progress is made already. Throws NACRE_CONFLICT when something between it and the table's offset is missing. */
export function isDuplicate(metadata: TableMetadata, { stream, table, from, to }: StreamProgress): boolean {
  const stored = streamOffset(metadata.properties, stream)
  if (stored !== null && compareOffsets(to, stored) <= 0) return true
  const isNext = from === null || stored === null ? from === stored : compareOffsets(from, stored) === 0
  if (isNext) return false
  throw new NacreError(
    'NACRE_CONFLICT',
    `Stream '${stream}' is at ${JSON.stringify(stored)} in ${table}, and the commit begins at ${JSON.stringify(from)}. Begin where the table is.`,
    { details: { table, stream, stored, from } },
  )
}

function compareOffsets(one: StreamOffset, other: StreamOffset): number {
  const [left, right] = [[one].flat(), [other].flat()]
  const at = left.findIndex((part, index) => part !== right[index])
  if (at === -1) return left.length - right.length
  return right[at] === undefined ? 1 : left[at]! - right[at]
}
