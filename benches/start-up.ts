import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { nacreFolder } from '../src/settings/index.ts'
import { startPlatformProcess } from '../test/support/platform-process.ts'
import { tempFolder } from '../test/support/temp-folder.ts'

// How long does `nacre up` take until it answers, on an empty state and on one that exists, and what does it hold when idle?

const warmRounds = 5
const idleMs = 10_000

await using state = tempFolder('nacre-bench-')
const project = join(nacreFolder(), 'examples/bookstore')
const environment = { HOME_WEBHOOK_URL: 'http://127.0.0.1:9/ready', HOME_SECRET: 'nobody listens' }

interface Start {
  readonly answersMs: number
  readonly idleResidentMb: number
  readonly peakResidentMb: number
}

async function start(holdMs: number): Promise<Start> {
  const from = performance.now()
  await using platform = await startPlatformProcess(project, {
    args: ['--state-folder', state.path],
    environment,
  })
  await platform.api.get('overview')
  const answersMs = Math.round(performance.now() - from)
  await sleep(holdMs)
  const status = readFileSync(`/proc/${platform.pid}/status`, 'utf8')
  const mb = (name: string): number =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)![1]) / 1000)
  return { answersMs, idleResidentMb: mb('VmRSS'), peakResidentMb: mb('VmHWM') }
}

const cold = await start(idleMs)
const warm: Start[] = []
for (let round = 0; round < warmRounds; round++) warm.push(await start(round === 0 ? idleMs : 0))
const median = warm.map(({ answersMs }) => answersMs).toSorted((a, b) => a - b)[Math.floor(warmRounds / 2)]
console.log(
  JSON.stringify({
    bench: 'start-up',
    cold,
    warmAnswersMs: { median, all: warm.map(({ answersMs }) => answersMs), goal: 3000 },
    idle: { residentMb: warm[0]!.idleResidentMb, goal: 400 },
  }),
)
