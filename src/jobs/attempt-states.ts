import type { AttemptState } from './job-views.ts'
import type { Moves } from './state-machine.ts'

/** What may become of an attempt. Only one that has claimed its work can succeed. */
export const attemptMoves: Moves<AttemptState> = {
  starting: ['running', 'failed', 'timed-out', 'out-of-memory', 'killed', 'lost'],
  running: ['succeeded', 'failed', 'timed-out', 'out-of-memory', 'killed', 'lost'],
  succeeded: [],
  failed: [],
  'timed-out': [],
  'out-of-memory': [],
  killed: [],
  lost: [],
}

/** States of an attempt whose process may be alive. */
export const activeAttemptStates: readonly AttemptState[] = (
  Object.keys(attemptMoves) as AttemptState[]
).filter((state) => attemptMoves[state].length > 0)
