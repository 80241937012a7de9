import { spawn, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A child process whose lines are shown; disposing ends it and waits. */
export interface Child extends AsyncDisposable {
  /** Resolves to the exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>
  /** The last lines of standard output. */
  readonly lines: readonly string[]
}

/** How long a child may take to end after SIGTERM. */
const graceMs = 8000

/** @param show Called for each line of standard output and standard error. */
export function startChild(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
  show: (line: string) => void,
): Child {
  // A group of its own: Ctrl-C at the terminal reaches only the parent, which ends its children in order.
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const lines: string[] = []
  createInterface({ input: child.stdout! }).on('line', (line) => {
    lines.push(line)
    if (lines.length > 100) lines.shift()
    show(line)
  })
  createInterface({ input: child.stderr! }).on('line', show)
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  return {
    exited,
    lines,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
      await exited
      clearTimeout(timer)
    },
  }
}
