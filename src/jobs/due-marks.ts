import type { Queryable } from '../database/index.ts'

/** Work that became due. */
export interface DueMark {
  readonly app: string
  readonly job: string
  /** A day, a due time in ISO 8601, or '' for a job without partitions. */
  readonly key: string
  readonly cause: string
  readonly markedAt: Date
}

/**
 * Adds marks; one that stands already is touched, not doubled. Touching locks its row until the caller's transaction ends, so that
 * the scheduler cannot take the mark before the commit it stands for is visible.
 */
export async function insertDueMarks(queryable: Queryable, marks: readonly DueMark[]): Promise<void> {
  if (marks.length === 0) return
  const unique = new Map(marks.map((mark) => [`${mark.app}\n${mark.job}\n${mark.key}`, mark]))
  await queryable.query(
    `insert into due_mark (app, job, key, cause, marked_at)
     select app, job, key, cause, "markedAt"
     from jsonb_to_recordset($1::jsonb) as mark (app text, job text, key text, cause text, "markedAt" timestamptz)
     order by app, job, key
     on conflict (app, job, key) do update set marks = due_mark.marks + 1`,
    [JSON.stringify([...unique.values()])],
  )
}

/** Deletes these marks. */
export async function deleteDueMarks(
  queryable: Queryable,
  marks: readonly Pick<DueMark, 'app' | 'job' | 'key'>[],
): Promise<void> {
  await queryable.query(
    `delete from due_mark using jsonb_to_recordset($1::jsonb) as gone (app text, job text, key text)
     where due_mark.app = gone.app and due_mark.job = gone.job and due_mark.key = gone.key`,
    [JSON.stringify(marks)],
  )
}
