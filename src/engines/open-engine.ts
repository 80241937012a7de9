import type { Engine, EngineOptions } from './engine.ts'
import type { QuerySandbox, SandboxOptions } from './query-sandbox.ts'

/** Which engine to open, and its limits. */
export interface EngineSpec extends EngineOptions {
  readonly name: 'duckdb'
}

/**
 * Opens an engine; dispose it. The engine's library is loaded on the first call, never on import.
 * @example await using engine = await openEngine({ name: 'duckdb', memoryBytes: 512 * 1024 ** 2, threads: 1 })
 */
export async function openEngine(spec: EngineSpec): Promise<Engine> {
  const { openDuckdbEngine } = await import('./duckdb/duckdb-engine.ts')
  return openDuckdbEngine(spec)
}

/** Opens a sandbox for SQL from outside, on DuckDB; dispose it. */
export async function openSandbox(options: SandboxOptions = {}): Promise<QuerySandbox> {
  const { openDuckdbSandbox } = await import('./duckdb/duckdb-sandbox.ts')
  return openDuckdbSandbox(options)
}
