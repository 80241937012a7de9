export type { Engine, EngineOptions, QueryResult, ResultColumn, ResultRow, ResultValue } from './engine.ts'
