import { NacreError, type Clock, systemClock } from '../base/index.ts'
import type {
  AttemptAssignment,
  CompleteRequest,
  FailRequest,
  HeartbeatReply,
  LogLine,
  LogsRequest,
  MaintenanceStep,
  MaintenanceSteps,
} from '../jobs/index.ts'

/** The attempt protocol's client: every call is retried while the platform does not answer, except when it says no. */
export interface AttemptClient {
  claim(signal: AbortSignal): Promise<AttemptAssignment>
  heartbeat(signal: AbortSignal): Promise<HeartbeatReply>
  logs(lines: readonly LogLine[], signal: AbortSignal): Promise<void>
  complete(request: CompleteRequest, signal: AbortSignal): Promise<void>
  fail(request: FailRequest, signal: AbortSignal): Promise<void>
  bundle(hash: string, signal: AbortSignal): Promise<Uint8Array>
  /** For the jobs of the platform's own app. */
  maintenance<Step extends MaintenanceStep>(
    step: Step,
    request: MaintenanceSteps[Step]['request'],
    signal: AbortSignal,
  ): Promise<MaintenanceSteps[Step]['reply']>
}

/** How long a call is tried again while the platform is away, such as during its restart. */
const patienceMs = 60_000

/** @param url The platform's API, such as `http://127.0.0.1:4600`. */
export function createAttemptClient(
  { url, attemptId, token }: { url: string; attemptId: string; token: string },
  { fetch = globalThis.fetch, clock = systemClock }: { fetch?: typeof globalThis.fetch; clock?: Clock } = {},
): AttemptClient {
  const request = async (path: string, body: unknown, signal: AbortSignal): Promise<Buffer> => {
    const deadline = clock.now() + patienceMs
    for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, 5_000)) {
      try {
        const response = await fetch(`${url}/api/v1/${path}`, {
          method: body === undefined ? 'GET' : 'POST',
          headers: {
            authorization: `Bearer ${token}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          signal,
        })
        if (response.ok) return Buffer.from(await response.arrayBuffer())
        if (response.status < 500 && response.status !== 429) throw await errorOf(response)
        if (clock.now() > deadline) throw await errorOf(response)
        await response.body?.cancel()
      } catch (error) {
        if (error instanceof NacreError || signal.aborted) throw error
        if (clock.now() > deadline) {
          throw new NacreError(
            'NACRE_UNAVAILABLE',
            `The platform at ${url} has not answered for ${patienceMs / 1000} s: ${(error as Error).message}.`,
            { cause: error },
          )
        }
      }
      await clock.sleep(waitMs, signal)
    }
  }
  const base = `attempts/${attemptId}`
  const post = async <Answer>(path: string, body: unknown, signal: AbortSignal): Promise<Answer> =>
    JSON.parse((await request(`${base}/${path}`, body, signal)).toString()) as Answer
  return {
    claim: (signal) => post('claim', {}, signal),
    heartbeat: (signal) => post('heartbeat', {}, signal),
    logs: async (lines, signal) => void (await post('logs', { lines } satisfies LogsRequest, signal)),
    complete: async (complete, signal) => void (await post('complete', complete, signal)),
    fail: async (fail, signal) => void (await post('fail', fail, signal)),
    bundle: (hash, signal) => request(`${base}/bundle/${hash}`, undefined, signal),
    maintenance: (step, body, signal) => post(`maintenance/${step}`, body, signal),
  }
}

async function errorOf(response: Response): Promise<NacreError> {
  const text = await response.text()
  try {
    return NacreError.fromJSON((JSON.parse(text) as { error: { code: string; message: string } }).error)
  } catch {
    return new NacreError(
      'NACRE_UNAVAILABLE',
      `The platform answered ${response.status}: ${text.slice(0, 200)}`,
    )
  }
}
