/** Exponential back-off with full jitter: a wait before try `attempt` (1 is the first retry), between `minMs` and `maxMs`. */
export function backoffMs(
  attempt: number,
  options: { minMs: number; maxMs: number; random?: () => number },
): number {
  const ceiling = Math.min(options.maxMs, options.minMs * 2 ** Math.min(attempt - 1, 30))
  return Math.round(options.minMs + (options.random ?? Math.random)() * Math.max(0, ceiling - options.minMs))
}
