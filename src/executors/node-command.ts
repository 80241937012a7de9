import type { AttemptLaunch } from './executor.ts'

const MiB = 1024 ** 2

/** Part of an attempt's memory that JavaScript objects may fill; the rest is for DuckDB, buffers and code. */
function heapLimitMiB(memoryBytes: number): number {
  return Math.max(48, Math.floor(Math.min(0.6 * memoryBytes, memoryBytes - 200 * MiB) / MiB))
}

/** The command line that runs a script in Node with a heap that fits the attempt's memory. */
export function nodeCommand(script: {
  execPath: string
  args?: readonly string[]
  path: string
}): (launch: AttemptLaunch) => string[] {
  return ({ memoryBytes }) => [
    script.execPath,
    `--max-old-space-size=${heapLimitMiB(memoryBytes)}`,
    ...(script.args ?? []),
    script.path,
  ]
}
