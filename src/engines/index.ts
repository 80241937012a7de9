export type { Engine, EngineOptions, QueryResult, ResultColumn, ResultRow, ResultValue } from './engine.ts'
export { openEngine, type EngineSpec } from './open-engine.ts'
