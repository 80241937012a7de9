/** Milliseconds of a UTC day. */
export const dayMs = 86_400_000

/** Whether a text is a day that exists, `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && utcDay(time) === text
}

/** The UTC day of an instant. */
export function utcDay(time: number | Date): string {
  return new Date(time).toISOString().slice(0, 10)
}

/** The day after. */
export function nextDay(day: string): string {
  return utcDay(Date.parse(`${day}T00:00:00Z`) + dayMs)
}
