import { globSync } from 'node:fs'

/** Tests without services or processes of their own: run together in one process. */
export function quickTests(): string[] {
  return ['test/*.test.ts', ...globSync('test/{unit,property}/**/*.test.ts').toSorted()]
}

/** Tests that open databases, servers, browsers or child processes: each file its own process. */
export function slowTests(): string[] {
  return globSync('test/{contract,integration,browser,golden}/**/*.test.ts').toSorted()
}
