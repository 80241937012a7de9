/**
 * `run-job`: the process of one attempt. Environment: NACRE_URL, NACRE_ATTEMPT, NACRE_ATTEMPT_TOKEN, NACRE_BUNDLES (folder of
 * unpacked bundles); it is started in an empty scratch folder. Exit codes: 0 the platform has taken the result, also of a failed job; 75 the attempt is no
 * longer wanted; 70 the result could not be told.
 */
import { tmpdir } from 'node:os'
import { StringDecoder } from 'node:string_decoder'
import { toNacreError } from '../base/index.ts'
import { createAttemptClient, createLogShipper, runAttempt } from '../runner/index.ts'

const {
  NACRE_URL: url = '',
  NACRE_ATTEMPT: attemptId = '',
  NACRE_ATTEMPT_TOKEN: token = '',
  NACRE_BUNDLES: bundleFolder = tmpdir(),
} = process.env
// A job's own code must not inherit the attempt's credential by accident; a command job is told in its own environment.
delete process.env['NACRE_ATTEMPT_TOKEN']

const stopped = new AbortController()
process.once('SIGTERM', () => stopped.abort(new DOMException('The attempt was told to stop.', 'AbortError')))

const client = createAttemptClient({ url, attemptId, token })
const direct = process.stderr.write.bind(process.stderr)
try {
  const assignment = await client.claim(stopped.signal)
  await using shipper = createLogShipper((lines) => client.logs(lines, AbortSignal.timeout(30_000)))
  for (const stream of ['stdout', 'stderr'] as const) {
    // A character may be cut in two by the chunks of what a job pipes here.
    const decoder = new StringDecoder('utf8')
    process[stream].write = ((text: string | Uint8Array): boolean => {
      shipper.write(stream, typeof text === 'string' ? text : decoder.write(Buffer.from(text)))
      return true
    }) as typeof process.stdout.write
  }
  await runAttempt(assignment, {
    client,
    shipper,
    signal: stopped.signal,
    surroundings: {
      bundleFolder,
      scratchFolder: process.cwd(),
      environment: { ...process.env, NACRE_URL: url, NACRE_TOKEN: token },
    },
  })
} catch (thrown) {
  const error = toNacreError(thrown)
  direct(`${error.code}: ${error.message}\n`)
  process.exitCode = error.code === 'NACRE_STALE_ATTEMPT' ? 75 : 70
}
// Timers or sockets that a job left behind must not keep a finished attempt alive.
process.exit()
