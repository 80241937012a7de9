export { columnType } from './duckdb/column-type.ts'
export type { Engine, EngineOptions, QueryResult, ResultColumn, ResultRow, ResultValue } from './engine.ts'
export { openEngine, openSandbox, type EngineSpec } from './open-engine.ts'
export type {
  QuerySandbox,
  SandboxOptions,
  SandboxQuery,
  SandboxResult,
  SandboxRun,
} from './query-sandbox.ts'
