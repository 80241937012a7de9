import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** One command of a script. */
export interface Step {
  readonly name: string
  readonly command: readonly string[]
}

/** Runs steps one after the other and tells how each went; goes on after a failure. Resolves to the exit code. */
export async function runSteps(steps: readonly Step[]): Promise<number> {
  let failed = 0
  for (const { name, command } of steps) {
    const startedAt = Date.now()
    const [program, ...args] = command
    const child = spawn(program!, args, { stdio: 'inherit' })
    const [code] = (await once(child, 'exit')) as [number | null]
    if (code !== 0) failed++
    console.log(
      `${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`,
    )
  }
  return failed === 0 ? 0 : 1
}
