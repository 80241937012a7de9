import {
  checks,
  job,
  on,
  sql,
  table,
  type JobDefinition,
  type Sql,
  type TableDefinition,
  type TableRef,
} from 'nacre'
import { recommendFor } from 'nacre/recommend'
import { alsoReadBooks, readingOf } from './also-read.ts'
import { catalogueBooks } from './catalogue.ts'
import { readers } from './readers.ts'
import { progress } from './reading-progress.ts'

export const homeShelf: TableDefinition = table('recommend.home_shelf', {
  columns: {
    reader: { type: 'string', required: true },
    shelf: { type: 'string', required: true },
    shelf_rank: { type: 'int', doc: 'Of the shelf among the shelves, from 1.' },
    rank: { type: 'int', doc: 'Of the book on the shelf, from 1.' },
    edition: { type: 'string', required: true },
    title: 'string',
    author: 'string',
    reason: { type: 'string', doc: 'Why it is here, for the reader.' },
  },
  key: ['reader', 'edition'],
  subject: 'reader',
  sortBy: ['reader', 'shelf_rank', 'rank'],
  team: 'shop',
  doc: "What stands on each reader's Home screen.",
})

const booksPerShelf = 6

interface Reads {
  readonly progress: TableRef
  readonly alsoRead: TableRef
  readonly books: TableRef
  readonly readers: TableRef
}

/** Each shelf is a query of reader, edition, score and reason. */
const shelves: readonly { readonly name: string; readonly books: (reads: Reads) => Sql }[] = [
  { name: 'Continue reading', books: begun },
  { name: 'Because you read', books: nearWhatWasRead },
  { name: 'Popular in your genres', books: popularInGenres },
]

function begun({ progress }: Reads): Sql {
  return sql`
    select reader, edition, epoch_ms(last_read_at) as score, cast(round(percent) as integer) || ' % read' as reason
    from ${progress} where percent > 0 and percent < 95 and finished_at is null`
}

/** What readers of the same books read, with the book that speaks for it most. */
function nearWhatWasRead({ progress, alsoRead, books }: Reads): Sql {
  const neighbours = sql`select edition as item, other, score from ${alsoRead}`
  return sql`
    select reader, item as edition, score, 'because you read ' || title as reason
    from (${recommendFor(readingOf(progress), neighbours)}) join ${books} on edition = because`
}

/** What is read most in the two genres a reader spent most time with; who has read nothing yet gets what all read. */
function popularInGenres({ progress, books, readers }: Reads): Sql {
  return sql`
    with popular as (
      select edition, genre, count(reader) as score from ${books} left join ${progress} using (edition) group by all
    ),
    taste as (
      select reader, genre from ${progress} join ${books} using (edition) group by reader, genre
      qualify row_number() over (partition by reader order by sum(minutes) desc, genre) <= 2
    )
    select reader, edition, score, 'popular in ' || genre as reason from taste join popular using (genre)
    union all
    select reader, edition, score, 'popular with all readers'
    from (select reader from ${readers} anti join taste using (reader)) cross join popular`
}

/** Shelf by shelf: no book twice, and only the first shelf shows what was opened. */
export function homeShelfOf(reads: Reads): Sql {
  const [first, ...others] = shelves.map(
    ({ name, books }, index) =>
      sql`select ${index + 1}::integer as shelf_rank, ${name}::varchar as shelf, * from (${books(reads)})`,
  )
  return sql`
    with candidate as (
      ${first!}
      ${others.reduce((all, shelf) => sql`${all} union all ${unopened(shelf, reads)}`, sql``)}
    ),
    chosen as (
      select * from candidate
      qualify row_number() over (partition by reader, edition order by shelf_rank) = 1
    )
    select reader, shelf, shelf_rank, edition, title, author, reason,
      row_number() over (partition by reader, shelf_rank order by score desc, edition) as rank
    from chosen join ${reads.books} using (edition)
    qualify rank <= ${booksPerShelf}`
}

function unopened(shelf: Sql, { progress }: Reads): Sql {
  return sql`select * from (${shelf}) anti join ${progress} using (reader, edition)`
}

export const homeShelfJob: JobDefinition = job('home-shelf', {
  owner: 'shop-team@bookstore.example',
  team: 'shop',
  doc: 'Fills the Home screens: what was begun, what is near to it, what is popular.',
  trigger: on(alsoReadBooks, readers),
  reads: { progress, alsoRead: alsoReadBooks, books: catalogueBooks, readers },
  writes: { homeShelf },
  resources: { memory: '384MiB' },
  checks: [checks.unique('reader', 'edition'), checks.between('rank', 1, booksPerShelf)],
  async run({ reads, writes }) {
    await writes.homeShelf.replace(homeShelfOf(reads))
  },
})
