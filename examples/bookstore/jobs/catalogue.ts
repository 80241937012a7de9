import { checks, every, job, sql, table, type JobDefinition, type TableDefinition } from 'nacre'
import { books } from '../catalogue/books.ts'

export const catalogueBooks: TableDefinition = table('catalogue.books', {
  columns: {
    edition: { type: 'string', required: true, doc: "The text a reader's positions are counted in." },
    title: 'string',
    author: 'string',
    year: { type: 'int', doc: 'Of first publication; negative before the common era.' },
    genre: 'string',
    subjects: { list: 'string' },
    code_points: { type: 'long', doc: 'Length of the text: positions run from 0 to this.' },
  },
  key: ['edition'],
  team: 'shop',
  doc: 'The books we have.',
})

/** The books as one JSON text, for DuckDB to read as rows. */
const bookRows = JSON.stringify(
  books.map(({ id, codePoints, ...rest }) => ({ edition: id, ...rest, code_points: codePoints })),
)

export const catalogue: JobDefinition = job('catalogue', {
  owner: 'shop-team@bookstore.example',
  team: 'shop',
  doc: 'Brings the list of books into a table, when deployed and every six hours after.',
  trigger: every('R//PT6H'),
  writes: { books: catalogueBooks },
  resources: { memory: '384MiB' },
  checks: [checks.unique('edition'), checks.notNull('title', 'genre'), checks.rowsBetween(1, 1_000_000)],
  async run({ writes, log }) {
    await writes.books.replace(sql`
      select unnest(from_json(${bookRows}, ${bookShape}), recursive := true)`)
    log.info(`The catalogue holds ${books.length} books.`)
  },
})

const bookShape = JSON.stringify([
  {
    edition: 'VARCHAR',
    title: 'VARCHAR',
    author: 'VARCHAR',
    year: 'INTEGER',
    genre: 'VARCHAR',
    subjects: ['VARCHAR'],
    code_points: 'BIGINT',
  },
])
