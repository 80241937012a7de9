import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** One command of a script. */
export interface Step {
  readonly name: string
  readonly command: readonly string[]
}

/**
 * Runs steps in order, `atOnce` of them at a time (default 1), and tells of each what it printed and how it went; goes on after a
 * failure. Resolves to the exit code.
 */
export async function runSteps(
  steps: readonly Step[],
  { atOnce = 1 }: { atOnce?: number } = {},
): Promise<number> {
  const waiting = [...steps]
  let failed = 0
  const work = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift())
      if (!(await run(step))) failed++
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return failed === 0 ? 0 : 1
}

/** Whether the step succeeded. */
async function run({ name, command }: Step): Promise<boolean> {
  const startedAt = Date.now()
  const [program, ...args] = command
  const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  process.stdout.write(output)
  process.stderr.write(complaints)
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
  return code === 0
}
