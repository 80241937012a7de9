import type { AttemptState } from './job-views.ts'
import type { Moves } from './state-machine.ts'

/**
 * What may become of an attempt. Only one that has claimed its work can succeed. A failure that the process told becomes
 * out-of-memory when the executor finds that this was its reason.
 */
export const attemptMoves: Moves<AttemptState> = {
  starting: ['running', 'failed', 'timed-out', 'out-of-memory', 'killed', 'lost'],
  running: ['succeeded', 'failed', 'timed-out', 'out-of-memory', 'killed', 'lost'],
  succeeded: [],
  failed: ['out-of-memory'],
  'timed-out': [],
  'out-of-memory': [],
  killed: [],
  lost: [],
}
