import type { ScanFile, ScanPlan } from '../tables/index.ts'

/** Some files of a snapshot, or some rows of one file. */
export interface FeedSlice {
  readonly plan: ScanPlan
  /** Rows that come before, in the order of the files. */
  readonly offset: number
  /** How many rows; undefined for all that follow. */
  readonly limit: number | undefined
}

/** DuckDB skips whole row groups, which have this many rows. */
const rowGroupRows = 122_880

/**
 * Cuts a snapshot into slices of about `sliceBytes` of Parquet, in the order of the paths: neighbouring files together, a large
 * file by its rows. Depends on the snapshot alone. At least one slice.
 */
export function sliceScan(plan: ScanPlan, sliceBytes: number = 64 * 1024 ** 2): readonly FeedSlice[] {
  const slices: FeedSlice[] = []
  let files: ScanFile[] = []
  let bytes = 0
  const close = (): void => {
    if (files.length > 0) slices.push({ plan: { ...plan, files }, offset: 0, limit: undefined })
    files = []
    bytes = 0
  }
  for (const file of plan.files.toSorted((one, other) => (one.path < other.path ? -1 : 1))) {
    if (bytes > 0 && bytes + file.sizeBytes > sliceBytes) close()
    if (file.sizeBytes >= 2 * sliceBytes) {
      slices.push(...rowsOfFile(plan, file, Math.round(file.sizeBytes / sliceBytes)))
    } else {
      files.push(file)
      bytes += file.sizeBytes
    }
  }
  close()
  return slices.length === 0 ? [{ plan, offset: 0, limit: undefined }] : slices
}

function rowsOfFile(plan: ScanPlan, file: ScanFile, count: number): FeedSlice[] {
  const limit = Math.ceil(file.rowCount / count / rowGroupRows) * rowGroupRows
  const of = { ...plan, files: [file] }
  const slices: FeedSlice[] = []
  for (let offset = 0; offset < file.rowCount; offset += limit)
    slices.push({ plan: of, offset, limit: offset + limit < file.rowCount ? limit : undefined })
  return slices
}
