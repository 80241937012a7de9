import type { SessionInfo, TableListing } from '../../src/server/contract.ts'
import { formatCount } from './format-number.ts'
import { formatDuration } from './format-time.ts'

/** `late by 3 h`; null while the table is as fresh as promised, or nothing was promised. */
export function describeLateness(freshUntil: string | null, now: number): string | null {
  const lateMs = freshUntil === null ? 0 : now - Date.parse(freshUntil)
  return lateMs > 0 ? `late by ${formatDuration(lateMs)}` : null
}

/** How long a table may go without a commit, as promised; null without a promise. */
export function promisedFreshness({ freshUntil, changed }: TableListing): string | null {
  if (freshUntil === null || changed === null) return null
  return formatDuration(Date.parse(freshUntil) - Date.parse(changed.committedAt))
}

/** `+1,204`, `−3`; empty for no difference. */
export function formatDelta(delta: number, format: (size: number) => string = formatCount): string {
  if (delta === 0) return ''
  return `${delta > 0 ? '+' : '−'}${format(Math.abs(delta))}`
}

/** Whether who is signed in may change a table; the server decides anew. */
export function mayChange(
  session: Pick<SessionInfo, 'role' | 'team'> | undefined,
  { team }: Pick<TableListing, 'team'>,
): boolean {
  if (session === undefined || session.role === 'viewer') return false
  return session.team === null || session.team === team
}
