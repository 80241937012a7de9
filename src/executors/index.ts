export type { AttemptExit, AttemptLaunch, Executor } from './executor.ts'
export { openLocalExecutor, type LocalExecutor, type LocalExecutorOptions } from './local-executor.ts'
export { nodeCommand } from './node-command.ts'
