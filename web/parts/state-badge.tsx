import type { ReactNode } from 'react'
import type { AttemptState, RunState } from '../../src/server/contract.ts'

type State = RunState | AttemptState | 'paused' | 'late' | 'landed' | 'rejected' | 'duplicate'
type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'calm'

const tones: Readonly<Record<State, Tone>> = {
  queued: 'calm',
  running: 'busy',
  starting: 'busy',
  retrying: 'warn',
  succeeded: 'good',
  failed: 'bad',
  killed: 'warn',
  'timed-out': 'bad',
  'out-of-memory': 'bad',
  lost: 'warn',
  paused: 'calm',
  late: 'warn',
  landed: 'good',
  rejected: 'bad',
  duplicate: 'calm',
}

/** The colour family of a state; always shown beside its word. */
export function toneOf(state: State): Tone {
  return tones[state]
}

export function StateBadge({ state }: { readonly state: State }): ReactNode {
  return <span className={`badge tone-${tones[state]}`}>{state.replaceAll('-', ' ')}</span>
}
