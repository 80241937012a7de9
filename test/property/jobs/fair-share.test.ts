import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { pickNext, type Resources, type Waiting } from '../../../src/jobs/index.ts'

const teams = ['a', 'b', 'c'] as const
const capacity = { cpus: 8, memoryBytes: 64 }
const task = fc.record({
  team: fc.constantFrom(...teams),
  cpus: fc.integer({ min: 1, max: 10 }),
  memoryBytes: fc.integer({ min: 1, max: 70 }),
})

type Task = Waiting & { readonly id: number }

/** A machine on which tasks start when picked and end one by one, oldest first. */
function simulate(
  specs: readonly Omit<Waiting, 'since'>[],
  onStart: (started: Task, running: readonly Task[], queue: readonly Task[]) => void,
): Task[] {
  let queue: Task[] = specs.map((spec, id) => ({ ...spec, id, since: id }))
  const running: Task[] = []
  for (;;) {
    const next = pickNext(queue, usageOf(running), capacity)
    if (next !== null) {
      onStart(next, running, queue)
      queue = queue.filter((other) => other !== next)
      running.push(next)
    } else if (running.length > 0) running.shift()
    else return queue
  }
}

function usageOf(running: readonly Task[]): Map<string, Resources> {
  const usage = new Map<string, Resources>()
  for (const { team, cpus, memoryBytes } of running) {
    const held = usage.get(team) ?? { cpus: 0, memoryBytes: 0 }
    usage.set(team, {
      cpus: held.cpus + Math.min(cpus, capacity.cpus),
      memoryBytes: held.memoryBytes + memoryBytes,
    })
  }
  return usage
}

const shareOf = (running: readonly Task[], team: string): number => {
  const held = usageOf(running).get(team)
  return held === undefined ? 0 : Math.max(held.cpus / capacity.cpus, held.memoryBytes / capacity.memoryBytes)
}

test('the machine is never overfull, the poorest team goes first, and all that can run does', () => {
  fc.assert(
    fc.property(fc.array(task, { maxLength: 40 }), (specs) => {
      const left = simulate(specs, (started, running, queue) => {
        const total = [...usageOf([...running, started]).values()]
        assert.ok(total.reduce((sum, { cpus }) => sum + cpus, 0) <= capacity.cpus)
        assert.ok(total.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0) <= capacity.memoryBytes)
        const possible = queue.filter(({ memoryBytes }) => memoryBytes <= capacity.memoryBytes)
        for (const other of possible) {
          assert.ok(shareOf(running, started.team) <= shareOf(running, other.team), 'a poorer team waits')
          if (other.team === started.team)
            assert.ok(started.since <= other.since, 'an older task of the team waits')
        }
      })
      assert.ok(
        left.every(({ memoryBytes }) => memoryBytes > capacity.memoryBytes),
        'something starved',
      )
    }),
  )
})

test('teams with endless work get equal dominant shares, whatever the shape of their tasks', () => {
  const running: Task[] = []
  const queue = Array.from({ length: 200 }, (_, id): Task =>
    id % 2 === 0
      ? { id, since: id, team: 'cpu', cpus: 1, memoryBytes: 1 }
      : { id, since: id, team: 'memory', cpus: 0.1, memoryBytes: 8 },
  )
  for (
    let next = pickNext(queue, usageOf(running), capacity);
    next !== null;
    next = pickNext(queue, usageOf(running), capacity)
  ) {
    queue.splice(queue.indexOf(next), 1)
    running.push(next)
  }
  assert.ok(Math.abs(shareOf(running, 'cpu') - shareOf(running, 'memory')) <= 1 / 8)
})
