export { checkModels, type ModelsToCheck } from './check-models.ts'
export { dashboard, type DashboardSpec } from './dashboard.ts'
export type * from './dashboard-definition.ts'
export type { DashboardRunnerOptions, DashboardSource, TileRequest, TileResult } from './dashboard-runner.ts'
export type { CompilePoolOptions } from './malloy/compile-pool.ts'
export type {
  CompiledModel,
  CompiledQuery,
  ModelProblem,
  ModelSource,
  ResultColumn,
} from './malloy/compile-protocol.ts'
export type { CurrentQuery, ModelText, QueryText, TableState } from './model-compiler.ts'
export type { ModelHost, SqlRequest, SqlRows } from './model-host.ts'
export { openModels, type Models } from './open-models.ts'
export { sandboxHost, type ReadableCatalog } from './sandbox-host.ts'
