import { isDay } from './days.ts'
import { isTimeTrigger, nextDueAt } from './due-times.ts'
import type { JobManifest } from './job-definition.ts'

/**
 * Every contradiction among the jobs of one app, each as a sentence that names the culprit and the remedy; empty when there is none.
 * @param knownTables Full names of every table that the app declares.
 */
export function validateJobs(jobs: readonly JobManifest[], knownTables: readonly string[]): string[] {
  const tables = new Set(knownTables)
  return [
    ...duplicates(jobs),
    ...jobs.flatMap((job) =>
      [
        ...namedTables(job, tables),
        ...namedJobs(job, jobs),
        ...trigger(job),
        ...partitions(job),
        ...limits(job),
        ...checkTables(job),
      ].map((problem) => `job '${job.name}' ${problem}`),
    ),
    ...sharedWriters(jobs),
    ...cycles(jobs),
  ]
}

function duplicates(jobs: readonly JobManifest[]): string[] {
  const names = jobs.map(({ name }) => name)
  const twice = names.filter((name, index) => names.indexOf(name) < index)
  return [...new Set(twice)].map((name) => `job '${name}' is declared twice; give one of them another name.`)
}

function namedTables({ trigger, reads, writes }: JobManifest, known: ReadonlySet<string>): string[] {
  const named: [string, string][] = [
    ...Object.values(reads).map((table): [string, string] => ['reads', table]),
    ...Object.values(writes).map((table): [string, string] => ['writes', table]),
    ...(trigger.kind === 'on' ? trigger.tables : []).map((table): [string, string] => [
      'is triggered by',
      table,
    ]),
  ]
  return named
    .filter(([, table]) => !known.has(table))
    .map(
      ([verb, table]) =>
        `${verb} the unknown table '${table}'${nearest(table, [...known], 'declare it with table(…)')}`,
    )
}

function namedJobs({ name, trigger }: JobManifest, jobs: readonly JobManifest[]): string[] {
  if (trigger.kind !== 'after') return []
  const known = jobs.map((job) => job.name)
  return trigger.jobs
    .filter((parent) => !known.includes(parent))
    .map(
      (parent) =>
        `runs after the unknown job '${parent}'${nearest(
          parent,
          known.filter((job) => job !== name),
          'add it to the jobs of the app',
        )}`,
    )
}

function trigger({ trigger }: JobManifest): string[] {
  if (trigger.kind === 'on' && trigger.tables.length === 0)
    return ['is triggered by no table; name one in on(…).']
  if (trigger.kind === 'after' && trigger.jobs.length === 0)
    return ['runs after no job; name one in after(…).']
  if (!isTimeTrigger(trigger)) return []
  try {
    nextDueAt(trigger, 0, 0)
    return []
  } catch (error) {
    return [`has a wrong trigger: ${(error as Error).message}`]
  }
}

function partitions({ partitions }: JobManifest): string[] {
  if (partitions === null) return []
  const problems: string[] = []
  if (!isDay(partitions.from))
    problems.push(`has partitions from '${partitions.from}', which is not a day; write YYYY-MM-DD.`)
  if (!isWhole(partitions.perRun, 1, 366))
    problems.push(`takes ${partitions.perRun} days per run; choose 1 to 366.`)
  return problems
}

const second = 1000
const day = 24 * 3600 * second
const MiB = 1024 ** 2

function limits({ cpus, memoryBytes, timeoutMs, retries }: JobManifest): string[] {
  const problems: string[] = []
  if (!(cpus >= 0.1 && cpus <= 256)) problems.push(`wants ${cpus} cpus; choose 0.1 to 256.`)
  if (!(memoryBytes >= 64 * MiB && memoryBytes <= 1024 ** 2 * MiB))
    problems.push(`wants ${memoryBytes / MiB} MiB of memory; choose 64MiB to 1024GiB.`)
  if (!(timeoutMs >= second && timeoutMs <= 7 * day))
    problems.push(`has a timeout of ${timeoutMs / second} s; choose 1s to 7d.`)
  if (!isWhole(retries.limit, 0, 100))
    problems.push(`has a retry limit of ${retries.limit}; choose 0 to 100.`)
  if (retries.minMs > retries.maxMs || retries.maxMs > day)
    problems.push(
      `has a backoff from ${retries.minMs} ms to ${retries.maxMs} ms; the first must not exceed the second, nor that a day.`,
    )
  return problems
}

function checkTables({ checks, writes }: JobManifest): string[] {
  const aliases = Object.keys(writes)
  const listed = aliases.join(', ') || 'nothing'
  return checks.flatMap(({ kind, table }) => {
    if (table !== undefined && !aliases.includes(table))
      return [`checks '${table}' (${kind}), but it writes ${listed}; use one of these aliases.`]
    if (table === undefined && aliases.length !== 1)
      return [`has a check (${kind}) that names no table, but it writes ${listed}; use checks.of(alias, …).`]
    return []
  })
}

function sharedWriters(jobs: readonly JobManifest[]): string[] {
  const writers = new Map<string, Set<string>>()
  for (const job of jobs) {
    for (const table of Object.values(job.writes))
      writers.set(table, (writers.get(table) ?? new Set()).add(job.name))
  }
  return [...writers]
    .filter(([, names]) => names.size > 1)
    .map(
      ([table, names]) =>
        `table '${table}' is written by the jobs ${[...names].join(' and ')}; let one job write it, or give each its own table.`,
    )
}

/** Each cycle of jobs that would make one another due for ever, once. */
function cycles(jobs: readonly JobManifest[]): string[] {
  const makesDue = (job: JobManifest): JobManifest[] => {
    const written = new Set(Object.values(job.writes))
    return jobs.filter(
      ({ trigger }) =>
        (trigger.kind === 'after' && trigger.jobs.includes(job.name)) ||
        (trigger.kind === 'on' && trigger.tables.some((table) => written.has(table))),
    )
  }
  const problems: string[] = []
  const finished = new Set<JobManifest>()
  const visit = (job: JobManifest, path: readonly JobManifest[]): void => {
    const start = path.indexOf(job)
    if (start >= 0) {
      const names = [...path.slice(start), job].map(({ name }) => name)
      problems.push(
        `jobs make each other due for ever: ${names.join(' → ')}; take one of these triggers away.`,
      )
    } else if (!finished.has(job)) {
      for (const child of makesDue(job)) visit(child, [...path, job])
      finished.add(job)
    }
  }
  for (const job of jobs) visit(job, [])
  return problems
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max
}

/** `; did you mean …?` for the closest name, or what to do when none is close. */
function nearest(name: string, known: readonly string[], otherwise: string): string {
  const [best] = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .filter(({ distance }) => distance <= Math.max(2, name.length / 3))
    .toSorted((left, right) => left.distance - right.distance)
  return best === undefined ? `; ${otherwise}.` : `; did you mean '${best.candidate}'?`
}

/** Levenshtein's distance. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (const [i, a] of Array.from(left).entries()) {
    const next = [i + 1]
    for (const [j, b] of Array.from(right).entries())
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (a === b ? 0 : 1)))
    row = next
  }
  return row.at(-1)!
}
