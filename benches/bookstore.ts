import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { nacreFolder } from '../src/settings/index.ts'
import { freePort } from '../test/support/postgres-server.ts'
import { tempFolder } from '../test/support/temp-folder.ts'

// How long does the bookstore take from nothing to the finished summary, step by step, and what does the platform hold at its peak?

await using state = tempFolder('nacre-bench-')
const [port, collectorPort, homePort] = [await freePort(), await freePort(), await freePort()]
const child = spawn(process.execPath, ['scripts/start.ts', '--once'], {
  cwd: nacreFolder(),
  env: {
    ...process.env,
    NACRE_STATE_FOLDER: state.path,
    NACRE_PORT: String(port),
    NACRE_COLLECTOR_PORT: String(collectorPort),
    HOME_PORT: String(homePort),
  },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))
const reading = text(child.stdout)

/** The platform's peak so far, from its own process. */
let peakMb = 0
const watch = async (): Promise<void> => {
  while (child.exitCode === null) {
    try {
      const address = join(state.path, 'server.json')
      const { pid } = JSON.parse(existsSync(address) ? readFileSync(address, 'utf8') : '{}') as {
        pid?: number
      }
      if (pid !== undefined)
        peakMb = Math.max(
          peakMb,
          Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1000),
        )
    } catch {
      // not yet started, or just ended
    }
    await sleep(250)
  }
}
const [output, code] = await Promise.all([reading, ended, watch()])
if (code !== 0) throw new Error(`npm start -- --once ended with ${code}:\n${output}`)
const steps = Object.fromEntries(
  [...output.matchAll(/^✓ (.*) \(([\d.]+) s\)$/gm)].map(([, name, seconds]) => [name!, Number(seconds)]),
)
console.log(
  JSON.stringify({
    bench: 'bookstore',
    seconds: Number(/walked in ([\d.]+) s/.exec(output)![1]),
    goal: 60,
    steps,
    platformPeakResidentMb: peakMb,
    events: /^ {2}events +(.*)$/m.exec(output)![1],
    jobs: /^ {2}jobs +(.*)$/m.exec(output)![1],
  }),
)
