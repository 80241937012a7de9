export type { AttemptExit, AttemptLaunch, Executor } from './executor.ts'
