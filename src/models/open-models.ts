import type { Clock } from '../base/index.ts'
import {
  DashboardRunner,
  type DashboardRunnerOptions,
  type DashboardSource,
  type TileRequest,
  type TileResult,
} from './dashboard-runner.ts'
import type { CompilePoolOptions } from './malloy/compile-pool.ts'
import type { CompiledModel } from './malloy/compile-protocol.ts'
import { ModelCompiler, type CurrentQuery, type ModelText, type QueryText } from './model-compiler.ts'
import type { ModelHost } from './model-host.ts'

/** Models and dashboards at work. Closed by disposing it. */
export interface Models extends AsyncDisposable {
  /** A query as SQL. Throws NACRE_MODEL_INVALID with file, line, column, the line's text and the complaint. */
  compileQuery(request: QueryText, signal: AbortSignal): Promise<CurrentQuery>
  /** What a model offers and what the compiler has to say about it. Complaints are a value here, not an error. */
  compileModel(request: ModelText, signal: AbortSignal): Promise<CompiledModel>
  /**
   * Runs one tile, by its place on the dashboard, with filter values as they stand in the address. Throws NACRE_NOT_FOUND for a
   * tile that is not there, NACRE_INPUT for a wrong filter value, NACRE_MODEL_INVALID, and what `runSql` throws.
   */
  runTile(source: DashboardSource, request: TileRequest, signal: AbortSignal): Promise<TileResult>
  /** Values to offer for each choice filter, by its name; at most 200, sorted. */
  suggest(source: DashboardSource, signal: AbortSignal): Promise<Readonly<Record<string, readonly string[]>>>
}

/** Opens the models. The compiler is loaded, on a thread of its own, at the first request. */
export function openModels(
  options: CompilePoolOptions & DashboardRunnerOptions,
  effects: { readonly host: ModelHost; readonly clock?: Pick<Clock, 'now'> },
): Models {
  const compiler = new ModelCompiler(options, effects)
  const runner = new DashboardRunner(compiler, options, effects)
  return {
    compileQuery: (request, signal) => compiler.compileQuery(request, signal),
    compileModel: (request, signal) => compiler.compileModel(request, signal),
    runTile: (source, request, signal) => runner.runTile(source, request, signal),
    suggest: (source, signal) => runner.suggest(source, signal),
    [Symbol.asyncDispose]: () => compiler[Symbol.asyncDispose](),
  }
}
