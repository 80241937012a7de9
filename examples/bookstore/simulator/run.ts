import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { sendUploads } from './send.ts'
import { countUploads, simulate, type World } from './simulate.ts'

const help = `Sends the simulated past of a bookstore to a collector.

  node simulator/run.ts --collector http://127.0.0.1:7070 --write-key KEY

  --readers N      readers who join within the days (240)
  --days N         days of history before the end (60)
  --seed N         another seed, another world (1)
  --end ISO        where the history ends (now)
  --state FILE     remembers how far the world was sent; the next time only what is new is sent
  --json           prints one line of JSON at the end`

/** How far a world was sent. */
interface Sent {
  readonly world: World
  readonly untilMs: number
}

const day = 86_400_000

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      collector: { type: 'string' },
      'write-key': { type: 'string' },
      readers: { type: 'string', default: '240' },
      days: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      end: { type: 'string' },
      state: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const { collector, 'write-key': writeKey, state } = values
  if (values.help) return console.log(help)
  if (collector === undefined || writeKey === undefined)
    throw new Error(`--collector and --write-key are needed.\n\n${help}`)
  const say = values.json ? console.error : console.log

  const untilMs = values.end === undefined ? Date.now() : Date.parse(values.end)
  if (Number.isNaN(untilMs))
    throw new Error(`--end '${values.end}' is not a time; write one such as 2026-06-01T12:00:00Z.`)
  const before = state === undefined ? null : await readState(state)
  const days = positive(values.days, '--days')
  const world = before?.world ?? {
    seed: positive(values.seed, '--seed'),
    readers: positive(values.readers, '--readers'),
    days,
    startMs: untilMs - days * day,
  }

  const afterMs = before?.untilMs ?? -Infinity
  const uploads = simulate(world, untilMs, afterMs)
  const totals = countUploads(uploads, before === null ? [] : simulate(world, afterMs))
  say(
    before === null
      ? `Simulated ${world.readers} readers over ${world.days} days: ${totals.calls} events in ${uploads.length} uploads.`
      : `Going on from ${new Date(afterMs).toISOString()}: ${totals.calls} events in ${uploads.length} uploads.`,
  )
  // Known before anything is sent: after a crash the same world is sent again, and its events have the same ids.
  if (state !== undefined) await writeState(state, { world, untilMs: before?.untilMs ?? world.startMs })
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort())
  const startedMs = performance.now()
  const { sent, traffic } = await sendUploads(uploads, {
    collector,
    writeKey,
    onProgress: progressLines(say),
    signal: stop.signal,
  })
  const reachedMs = sent === uploads.length ? untilMs : (uploads[sent - 1]?.atMs ?? afterMs)
  if (state !== undefined && sent > 0) await writeState(state, { world, untilMs: reachedMs })
  const seconds = Math.round(performance.now() - startedMs) / 1000
  say(`Sent ${traffic.acknowledged} events (${traffic.duplicates} of them twice) in ${seconds} s.`)
  if (sent < uploads.length) {
    say(`Stopped after ${sent} of ${uploads.length} uploads; with --state the next call goes on from there.`)
    process.exitCode = 130
  } else if (values.json) {
    console.log(JSON.stringify({ world, untilMs, uploads: uploads.length, totals, traffic, seconds }))
  }
}

function positive(text: string, flag: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new Error(`${flag} '${text}' is not a whole number above 0.`)
}

/** One line for every tenth. */
function progressLines(say: (line: string) => void): (sent: number, total: number) => void {
  let tenths = 0
  return (sent, total) => {
    if (Math.floor((sent * 10) / total) === tenths) return
    tenths = Math.floor((sent * 10) / total)
    say(`  ${tenths * 10} % of ${total} uploads`)
  }
}

async function readState(file: string): Promise<Sent | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Sent
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new Error(`${file} does not hold the simulator's state. Remove it to send a new world.`, {
      cause: error,
    })
  }
}

async function writeState(file: string, sent: Sent): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(`${file}.tmp`, JSON.stringify(sent))
  await rename(`${file}.tmp`, file)
}

await main().catch((error: Error) => {
  const cause = error.cause === undefined ? '' : `: ${(error.cause as Error).message}`
  console.error(error.message + cause)
  process.exitCode = 1
})
