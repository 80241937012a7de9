/**
 * `npm start`: runs the bookstore, from simulated readers to dashboards and a downstream service, and tells what happened.
 *
 *   --once          end when the whole way has been walked: 0, or 1 with the reason
 *   --dev           deploy the example again whenever a file of it changes
 *   --readers N     how many readers are simulated (default of the simulator)
 *   --days N        how many days of history
 *   --seed N        another seed, another world
 */
import { parseArgs } from 'node:util'
import { runBookstore } from './run-bookstore.ts'

const { values } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    dev: { type: 'boolean', default: false },
    readers: { type: 'string' },
    days: { type: 'string' },
    seed: { type: 'string' },
  },
})

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort())

try {
  process.exitCode = await runBookstore({ ...values, signal: stop.signal })
} catch (error) {
  if (stop.signal.aborted) process.exitCode = 130
  else {
    console.error(`\n${(error as Error).message}`)
    process.exitCode = 1
  }
}
