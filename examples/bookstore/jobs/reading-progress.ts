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
import { mergeRanges } from '../sql/merge-ranges.ts'
import { inTrueTime } from '../sql/true-time.ts'
import { catalogueBooks } from './catalogue.ts'
import { activeTime, clocks, coverage, milestones, positions } from './reading-state.ts'

export const progress: TableDefinition = table('reading.progress', {
  columns: {
    reader: { type: 'string', required: true },
    edition: { type: 'string', required: true },
    epoch: { type: 'long', doc: 'The newest time through: 0 is the first.' },
    percent: { type: 'double', doc: 'Of the text covered this time through.' },
    best_percent: { type: 'double', doc: 'Of the text covered in any time through.' },
    pages: { type: 'double', doc: 'Of 1,024 code points, covered this time through.' },
    minutes: { type: 'double', doc: 'Spent this time through, devices used side by side counted once.' },
    furthest_position: 'long',
    resume_position: { type: 'long', doc: 'Where the device used last stands.' },
    resume_device: 'string',
    last_read_at: 'timestamptz',
    opened_at: { type: 'timestamptz', doc: 'For the first time ever.' },
    finished_at: { type: 'timestamptz', doc: 'This time through.' },
    times_finished: 'long',
  },
  key: ['reader', 'edition'],
  subject: 'reader',
  sortBy: ['reader', 'edition'],
  team: 'reader',
  doc: 'How far each reader is in each book.',
})

const codePointsPerPage = 1024

interface State {
  readonly coverage: TableRef
  readonly activeTime: TableRef
  readonly clocks: TableRef
  readonly positions: TableRef
  readonly milestones: TableRef
  readonly books: TableRef
}

/** Reads the state of all days at once; here, and only here, are sums taken. */
export function progressOf({ coverage, activeTime, clocks, positions, milestones, books }: State): Sql {
  const key = sql`{ reader: reader, edition: edition, epoch: epoch }`
  const ranges = sql`select ${key} as key, from_position as lo, to_position as hi from ${coverage}`
  const times = sql`select ${key} as key, lo, hi from (${inTrueTime(activeTime, clocks)})`
  return sql`
    with covered as (
      select key.*, max(least(hi, code_points)) as furthest_position,
        sum(greatest(0, least(hi, code_points) - lo)) as covered
      from (${mergeRanges(ranges)}) join ${books} on edition = key.edition
      group by all
    ),
    spent as (
      select key.*, sum(hi - lo) / 60000 as minutes from (${mergeRanges(times)}) group by all
    ),
    device as (
      select reader, edition, epoch, device,
        max({ device_seq: device_seq, position: position, at_ms: at_ms + skew_ms }) as last
      from ${positions} join ${clocks} using (day, device)
      group by all
    ),
    resume as (
      select reader, edition, epoch, max({ at_ms: last.at_ms, device: device, position: last.position }) as last
      from device group by all
    ),
    moment as (
      select reader, edition, epoch, min(opened_at) as opened_at, min(finished_at) as finished_at
      from ${milestones} group by all
    ),
    through as (
      select *, 100 * coalesce(covered, 0) / code_points as percent,
        row_number() over (partition by reader, edition order by epoch desc) = 1 as newest
      from moment
      full join covered using (reader, edition, epoch)
      full join spent using (reader, edition, epoch)
      full join resume using (reader, edition, epoch)
      join (select edition, code_points from ${books}) using (edition)
    )
    select reader, edition, max(epoch) as epoch,
      any_value(percent) filter (newest) as percent,
      max(percent) as best_percent,
      any_value(coalesce(covered, 0)) filter (newest) / ${codePointsPerPage} as pages,
      any_value(coalesce(minutes, 0)) filter (newest) as minutes,
      any_value(coalesce(furthest_position, 0)) filter (newest) as furthest_position,
      any_value(last.position) filter (newest) as resume_position,
      any_value(last.device) filter (newest) as resume_device,
      any_value(make_timestamp(last.at_ms * 1000)) filter (newest) as last_read_at,
      min(opened_at) as opened_at,
      any_value(finished_at) filter (newest) as finished_at,
      count(finished_at) as times_finished
    from through
    group by reader, edition`
}

export const readingProgress: JobDefinition = job('reading-progress', {
  owner: 'reader-team@bookstore.example',
  team: 'reader',
  doc: 'How far each reader is in each book, from the state of all days.',
  trigger: on(coverage, catalogueBooks),
  reads: { coverage, activeTime, clocks, positions, milestones, books: catalogueBooks },
  writes: { progress },
  checks: [
    checks.unique('reader', 'edition'),
    checks.between('percent', 0, 100),
    checks.between('best_percent', 0, 100),
  ],
  async run({ reads, writes }) {
    await writes.progress.replace(progressOf(reads))
  },
})
