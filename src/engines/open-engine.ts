import type { Engine, EngineOptions } from './engine.ts'

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
