import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testJob } from 'nacre/testing'
import { books } from '../../../examples/bookstore/catalogue/books.ts'
import { catalogue } from '../../../examples/bookstore/jobs/catalogue.ts'
import { homeShelfJob } from '../../../examples/bookstore/jobs/home-shelf.ts'
import { readingState } from '../../../examples/bookstore/jobs/reading-state.ts'

test('the catalogue becomes a table, lists and all', async () => {
  const { writes, log } = await testJob(catalogue)
  assert.equal(writes['books']!.length, books.length)
  const emma = writes['books']!.find(({ edition }) => edition === 'emma')
  assert.deepEqual(emma, {
    edition: 'emma',
    title: 'Emma',
    author: 'Jane Austen',
    year: 1815,
    genre: 'love',
    subjects: ['marriage', 'England'],
    code_points: 880_000,
  })
  assert.equal(log.length, 1)
})

const span = (ts: string, from: number, to: number): object => ({
  message_id: `${ts} ${from}`,
  span_id: `${ts} ${from}`,
  ts,
  device_ts: ts,
  skew_ms: 0,
  user_id: 'r0001',
  edition: 'emma',
  epoch: 0,
  device: 'phone',
  device_seq: from,
  platform: 'phone',
  from_position: from,
  to_position: to,
  started_ms: Date.parse(ts) - 60_000,
  ended_ms: Date.parse(ts),
})

test("a late fact rewrites its own day's state and leaves the others", async () => {
  const kept = {
    day: '2026-05-02',
    reader: 'r0002',
    edition: 'dracula',
    epoch: 0,
    device: 'web',
    device_hour: 1,
    from_position: 0,
    to_position: 9,
  }
  const { writes } = await testJob(readingState, {
    reads: {
      spans: [
        span('2026-05-01T10:01:00Z', 0, 1000),
        span('2026-05-01T10:02:00Z', 1000, 2000),
        span('2026-05-01T10:02:00Z', 1000, 2000),
        span('2026-05-02T10:02:00Z', 5000, 6000),
      ],
    },
    existing: { coverage: [{ ...kept, day: '2026-05-01' }, kept] },
    days: ['2026-05-01'],
  })
  const late = {
    day: '2026-05-01',
    reader: 'r0001',
    edition: 'emma',
    epoch: 0,
    device: 'phone',
    device_hour: Date.parse('2026-05-01T10:00:00Z') / 3_600_000,
    from_position: 0,
    to_position: 2000,
  }
  const stretches = writes['coverage']!.map((row) => JSON.stringify(Object.values(row)))
  assert.deepEqual(new Set(stretches), new Set([late, kept].map((row) => JSON.stringify(Object.values(row)))))
  assert.equal(writes['activeTime']!.length, 1)
})

test('a Home screen names what it goes by', async () => {
  const progress = {
    reader: 'r0001',
    epoch: 0,
    minutes: 60,
    times_finished: 0,
    last_read_at: '2026-05-01T10:00:00Z',
  }
  const book = (edition: string, genre: string): object => ({
    edition,
    title: edition.toUpperCase(),
    author: 'X',
    genre,
  })
  const { writes } = await testJob(homeShelfJob, {
    reads: {
      progress: [{ ...progress, edition: 'emma', percent: 41.7, best_percent: 41.7 }],
      alsoRead: [{ edition: 'emma', other: 'persuasion', score: 0.5, rank: 1 }],
      books: [
        book('emma', 'love'),
        book('persuasion', 'love'),
        book('walden', 'thought'),
        book('ethan-frome', 'love'),
      ],
      readers: [{ reader: 'r0001' }, { reader: 'r0002' }],
    },
  })
  const shelfOf = (reader: string): Set<string> =>
    new Set(
      writes['homeShelf']!.filter((row) => row['reader'] === reader).map((row) =>
        JSON.stringify([row['shelf'], row['rank'], row['edition'], row['reason']]),
      ),
    )
  assert.deepEqual(
    shelfOf('r0001'),
    new Set([
      JSON.stringify(['Continue reading', 1, 'emma', '42 % read']),
      JSON.stringify(['Because you read', 1, 'persuasion', 'because you read EMMA']),
      JSON.stringify(['Popular in your genres', 1, 'ethan-frome', 'popular in love']),
    ]),
  )
  assert.ok(
    shelfOf('r0002').has(JSON.stringify(['Popular in your genres', 1, 'emma', 'popular with all readers'])),
  )
})
