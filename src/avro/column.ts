/** Values of one column as engines hold them in memory: little-endian, and only valid until the next batch is asked for. */
export interface Column {
  /** Bit `i` (least first) tells whether value `i` is there; undefined when all are. */
  readonly valid: Uint8Array | undefined
  readonly values: ColumnValues
}

/** How the values of a column lie in memory. A map is a list of structs of `key` and `value`. */
export type ColumnValues =
  /** Numbers of so many bytes: days, microseconds, unscaled decimals, UUIDs as 128-bit numbers. `data` is aligned to eight bytes. */
  | { readonly kind: 'fixed'; readonly width: number; readonly data: Uint8Array }
  /** Value `i` is `data[starts[i]]` up to `data[ends[i]]`: bytes, or text in UTF-8. */
  | {
      readonly kind: 'bytes'
      readonly data: Uint8Array
      readonly starts: Uint32Array
      readonly ends: Uint32Array
    }
  | {
      readonly kind: 'list'
      readonly starts: Uint32Array
      readonly ends: Uint32Array
      readonly items: Column
    }
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, Column> }

/** Some thousand rows, column by column. */
export interface ColumnBatch {
  readonly rowCount: number
  readonly columns: ReadonlyMap<string, Column>
}

/** Whether value `index` is there. */
export function isValid(valid: Uint8Array | undefined, index: number): boolean {
  return valid === undefined || (valid[index >> 3]! & (1 << (index & 7))) !== 0
}
