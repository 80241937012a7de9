import { globSync } from 'node:fs'

/** Tests of one thing each, without services of their own: run together in one process. */
export function unitTests(): string[] {
  return ['test/*.test.ts', ...globSync('test/unit/**/*.test.ts').toSorted()]
}

/** Tests on random cases, without services of their own: run together in one process. */
export function propertyTests(): string[] {
  return globSync('test/property/**/*.test.ts').toSorted()
}

/** Tests that open databases, servers, browsers or child processes: each file its own process. */
export function slowTests(): string[] {
  return globSync('test/{contract,integration,browser,golden}/**/*.test.ts').toSorted()
}
