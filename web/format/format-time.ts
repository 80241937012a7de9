const absolute = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
})
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const dayAndMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** `Sun, 22 Nov 2026, 09:30:00 UTC`, in the reader's time zone. */
export function formatAbsolute(at: string): string {
  return absolute.format(new Date(at))
}

/** `09:30:00`, in the reader's time zone. */
export function formatClock(at: string): string {
  return clock.format(new Date(at))
}

/** `22 Nov`, of a UTC day. */
export function formatDay(date: string): string {
  return dayAndMonth.format(new Date(date))
}

/** `just now`, `5 min ago`, `in 2 h`, `3 days ago`. */
export function formatRelative(at: string, now: number): string {
  const difference = now - Date.parse(at)
  const size = Math.abs(difference)
  if (size < 10 * second) return difference < -second ? 'in a moment' : 'just now'
  const amount = roughly(size)
  return difference < 0 ? `in ${amount}` : `${amount} ago`
}

function roughly(ms: number): string {
  if (ms < minute) return `${Math.round(ms / second)} s`
  if (ms < hour) return `${Math.round(ms / minute)} min`
  if (ms < 1.5 * day) return `${Math.round(ms / hour)} h`
  return `${Math.round(ms / day)} days`
}

/** `42 ms`, `1.4 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(ms: number): string {
  if (ms < second) return `${Math.round(ms)} ms`
  if (ms < 10 * second) return `${(ms / second).toFixed(1)} s`
  if (ms < minute) return `${Math.round(ms / second)} s`
  if (ms < hour) return pair(ms, minute, 'min', second, 's')
  if (ms < day) return pair(ms, hour, 'h', minute, 'min')
  return pair(ms, day, 'd', hour, 'h')
}

function pair(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small)
  return `${Math.floor(ms / large)} ${largeName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`
}

/** Every day from `from` to `to`, both `YYYY-MM-DD` and included. */
export function daysBetween(from: string, to: string): string[] {
  const days: string[] = []
  for (let at = Date.parse(from); at <= Date.parse(to); at += day)
    days.push(new Date(at).toISOString().slice(0, 10))
  return days
}
