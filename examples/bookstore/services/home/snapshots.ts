import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Notification } from 'nacre/consume'

/** The newest rows of one table, by reader. */
export interface Snapshot<Row extends ByReader> {
  /** Whether a notification was published after what is held, which a rollback makes older rows too. */
  isNews(notification: Notification): boolean
  /** Takes rows in place of all it holds: on disk first, then in memory. */
  replace(notification: Notification, rows: AsyncIterable<Row>): Promise<void>
  of(reader: string): readonly Row[]
}

export interface ByReader {
  readonly reader: string
}

interface Stored<Row> {
  readonly notificationId: string
  readonly publication: number
  readonly rows: readonly Row[]
}

/** Opens the copy of a table kept in a folder, as it was left; empty the first time. */
export async function openSnapshot<Row extends ByReader>(
  folder: string,
  table: string,
): Promise<Snapshot<Row>> {
  const file = join(folder, `${table}.json`)
  let held = await readStored<Row>(file)
  let byReader = groupByReader(held.rows)
  return {
    // A table that was dropped and made again starts counting anew, under another uuid.
    isNews({ id, data }) {
      const sameTable = id.split(':')[0] === held.notificationId.split(':')[0]
      return !sameTable || publicationOf(data) > held.publication
    },
    async replace({ id, data }, rows) {
      const next = {
        notificationId: id,
        publication: publicationOf(data),
        rows: await Array.fromAsync(rows),
      }
      await mkdir(folder, { recursive: true })
      await writeFile(`${file}.new`, JSON.stringify(next))
      await rename(`${file}.new`, file)
      held = next
      byReader = groupByReader(next.rows)
    },
    of: (reader) => byReader[reader] ?? [],
  }
}

function publicationOf({ publication = 0 }: Notification['data']): number {
  return publication
}

async function readStored<Row>(file: string): Promise<Stored<Row>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Stored<Row>
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return { notificationId: '', publication: -1, rows: [] }
  }
}

function groupByReader<Row extends ByReader>(
  rows: readonly Row[],
): Readonly<Record<string, readonly Row[] | undefined>> {
  return Object.groupBy(rows, ({ reader }) => reader)
}
