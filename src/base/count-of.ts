const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** `1 file`, `1,204 rows`; the plural is given when it is not the noun with an s. */
export function countOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${whole.format(count)} ${count === 1 ? noun : plural}`
}
