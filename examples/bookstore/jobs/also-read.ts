import {
  after,
  checks,
  job,
  sql,
  table,
  type JobDefinition,
  type Sql,
  type TableDefinition,
  type TableRef,
} from 'nacre'
import { alsoRead } from 'nacre/recommend'
import { progress, readingProgress } from './reading-progress.ts'

export const alsoReadBooks: TableDefinition = table('recommend.also_read', {
  columns: {
    edition: { type: 'string', required: true },
    other: { type: 'string', required: true },
    score: { type: 'double', doc: 'From 0 to 1: how much the readers of both are the same.' },
    readers_in_common: 'long',
    rank: { type: 'int', doc: 'Of the other book, from 1 for the nearest.' },
  },
  key: ['edition', 'other'],
  sortBy: ['edition', 'rank'],
  team: 'shop',
  doc: 'Readers of this book also read.',
})

/** Who read what, for `nacre/recommend`: a book counts for as much as was read of it. */
export function readingOf(progress: TableRef): Sql {
  return sql`
    select reader, edition as item, best_percent / 100 as weight from ${progress} where best_percent >= 3`
}

export const alsoReadJob: JobDefinition = job('also-read', {
  owner: 'shop-team@bookstore.example',
  team: 'shop',
  doc: 'Which books have the same readers.',
  trigger: after(readingProgress),
  reads: { progress },
  writes: { alsoRead: alsoReadBooks },
  resources: { memory: '384MiB' },
  checks: [checks.unique('edition', 'other'), checks.between('score', 0, 1.000001)],
  async run({ reads, writes }) {
    await writes.alsoRead.replace(
      sql`select item as edition, * exclude (item) from (${alsoRead(readingOf(reads.progress))})`,
    )
  },
})
