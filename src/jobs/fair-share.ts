/** Processors and memory. */
export interface Resources {
  readonly cpus: number
  readonly memoryBytes: number
}

/** Something that wants to run. */
export interface Waiting extends Resources {
  readonly team: string
  /** Since when it waits; milliseconds since the epoch. */
  readonly since: number
}

/** What each team's tasks hold now. */
export type Usage = ReadonlyMap<string, Resources>

/**
 * Which of the waiting tasks to start now; null when none may. Dominant-resource fairness (Ghodsi et al., NSDI 2011): the team
 * whose largest share of any resource is smallest goes first, its oldest task first. A task that does not fit yet keeps its place and
 * holds back the others, so that large tasks do not starve behind small ones. A task of more memory than the whole
 * capacity never fits and holds back nobody; processors are shares of time, so a wish for more than there are counts as all.
 */
export function pickNext<Task extends Waiting>(
  queue: readonly Task[],
  usage: Usage,
  capacity: Resources,
): Task | null {
  const possible = queue.filter(({ memoryBytes }) => memoryBytes <= capacity.memoryBytes)
  const [first, ...others] = possible
  if (first === undefined) return null
  const share = (team: string): number => dominantShare(usage.get(team), capacity)
  const head = others.reduce((best, task) => {
    const difference = share(task.team) - share(best.team)
    return difference < 0 || (difference === 0 && task.since < best.since) ? task : best
  }, first)
  return fits(head, usage, capacity) ? head : null
}

/** The largest part of any resource that is held. */
export function dominantShare(held: Resources | undefined, capacity: Resources): number {
  return held === undefined ? 0 : Math.max(held.cpus / capacity.cpus, held.memoryBytes / capacity.memoryBytes)
}

function fits(task: Resources, usage: Usage, capacity: Resources): boolean {
  let cpus = Math.min(task.cpus, capacity.cpus)
  let memoryBytes = task.memoryBytes
  for (const held of usage.values()) {
    cpus += held.cpus
    memoryBytes += held.memoryBytes
  }
  return cpus <= capacity.cpus + 1e-9 && memoryBytes <= capacity.memoryBytes
}
