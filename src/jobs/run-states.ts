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

/** States of a run that is not over: at most one run of a job is in one of them. */
export const activeRunStates: readonly RunState[] = (Object.keys(runMoves) as RunState[]).filter(
  (state) => runMoves[state].length > 0,
)
