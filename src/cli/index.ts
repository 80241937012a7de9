export { runCli } from './run-cli.ts'
export type { Surroundings } from './command.ts'
