import type { RunState } from './job-views.ts'
import type { Moves } from './state-machine.ts'

/** What may become of a run. */
export const runMoves: Moves<RunState> = {
  queued: ['running', 'killed'],
  running: ['succeeded', 'failed', 'retrying', 'killed'],
  retrying: ['running', 'killed'],
  succeeded: [],
  failed: [],
  killed: [],
}
