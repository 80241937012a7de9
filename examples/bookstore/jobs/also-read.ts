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
import { progress, readingProgress } from './reading-progress.ts'

export const alsoReadBooks: TableDefinition = table('recommend.also_read', {
  columns: {
    edition: { type: 'string', required: true },
    other: { type: 'string', required: true },
    score: { type: 'double', doc: 'From 0 to 1: how much the readers of both are the same.' },
    rank: { type: 'int', doc: 'Of the other book, from 1 for the nearest.' },
  },
  key: ['edition', 'other'],
  sortBy: ['edition', 'rank'],
  team: 'shop',
  doc: 'Readers of this book also read.',
})

export function alsoReadOf(progress: TableRef): Sql {
  return sql`
    with liked as (select reader, edition from ${progress} where best_percent >= 3),
    size as (select edition, count(*) as readers from liked group by all)
    select a.edition, b.edition as other, count(*) / sqrt(any_value(own.readers) * any_value(its.readers)) as score,
      row_number() over (partition by a.edition order by score desc, b.edition) as rank
    from liked a
    join liked b on b.reader = a.reader and b.edition <> a.edition
    join size own on own.edition = a.edition
    join size its on its.edition = b.edition
    group by a.edition, b.edition
    qualify rank <= 20`
}

export const alsoReadJob: JobDefinition = job('also-read', {
  owner: 'shop-team@bookstore.example',
  team: 'shop',
  doc: 'Which books have the same readers.',
  trigger: after(readingProgress),
  reads: { progress },
  writes: { alsoRead: alsoReadBooks },
  checks: [checks.unique('edition', 'other'), checks.between('score', 0, 1)],
  async run({ reads, writes }) {
    await writes.alsoRead.replace(alsoReadOf(reads.progress))
  },
})
