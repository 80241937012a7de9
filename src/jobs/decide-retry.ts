import { backoffMs } from '../base/index.ts'
import type { JobManifest } from './job-definition.ts'
import type { AttemptState } from './job-views.ts'

/** Attempts lost to the machine in a row, after which a run is given up. */
export const maxLosses = 5

/** How often a run's attempts have ended badly. */
export interface Setbacks {
  /** Failures of the job's own: failed, timed-out, out-of-memory. */
  readonly failures: number
  /** Losses to the machine since the last attempt that ended otherwise. */
  readonly losses: number
}

/** What becomes of a run. */
export interface RetryDecision extends Setbacks {
  /** Milliseconds until the next attempt; null when there is none. */
  readonly retryInMs: number | null
}

/**
 * Whether a run is tried again after an attempt ended so. Losses to the machine do not count against the job's retries, but five in a
 * row end the run; the first of them is made good at once.
 */
export function decideRetry(
  setbacks: Setbacks,
  ended: Exclude<AttemptState, 'starting' | 'running' | 'succeeded' | 'killed'>,
  retries: JobManifest['retries'],
  { random = Math.random }: { random?: () => number } = {},
): RetryDecision {
  if (ended === 'lost') {
    const losses = setbacks.losses + 1
    const retryInMs = losses === 1 ? 0 : backoffMs(losses - 1, { ...retries, random })
    return { failures: setbacks.failures, losses, retryInMs: losses < maxLosses ? retryInMs : null }
  }
  const failures = setbacks.failures + 1
  return {
    failures,
    losses: 0,
    retryInMs: failures <= retries.limit ? backoffMs(failures, { ...retries, random }) : null,
  }
}
