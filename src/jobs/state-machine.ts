import { NacreError } from '../base/index.ts'

/** For each state the states that may follow it. */
export type Moves<State extends string> = { readonly [From in State]: readonly State[] }

/** The move from one state to the next. Throws NACRE_CONFLICT when the table does not allow it. */
export function move<State extends string>(what: string, moves: Moves<State>, from: State, to: State): State {
  if (moves[from].includes(to)) return to
  throw new NacreError('NACRE_CONFLICT', `A ${what} that is ${from} cannot become ${to}.`, {
    details: { from, to },
  })
}

/** The states from which `to` may be reached: the condition of a compare-and-swap. */
export function statesBefore<State extends string>(moves: Moves<State>, to: State): State[] {
  return (Object.keys(moves) as State[]).filter((from) => moves[from].includes(to))
}
