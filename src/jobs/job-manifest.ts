import { NacreError, parseDurationMs, parseSizeBytes } from '../base/index.ts'
import type { JobDefinition, JobManifest, TableMap } from './job-definition.ts'

/**
 * A job as plain JSON with every default filled in.
 * @param defaults.team For a job that names none; default: the job's own name.
 * @throws NACRE_APP_INVALID for a duration or size that cannot be read.
 */
export function jobManifest(definition: JobDefinition, defaults: { team?: string } = {}): JobManifest {
  const { name, spec } = definition
  const of = (what: string): string => `job '${name}': ${what}`
  const retries = spec.retries ?? { limit: 2 }
  const [minBackoff = '', maxBackoff = minBackoff] = (retries.backoff ?? '10s..5m').split('..')
  try {
    return {
      name,
      owner: spec.owner ?? null,
      team: spec.team ?? defaults.team ?? name,
      doc: spec.doc ?? null,
      trigger: spec.trigger ?? { kind: 'manual' },
      partitions: spec.partitions ?? null,
      reads: tableNames(spec.reads),
      writes: tableNames(spec.writes),
      cpus: spec.resources?.cpus ?? 1,
      memoryBytes: parseSizeBytes(spec.resources?.memory ?? '512MiB', of('memory')),
      timeoutMs: parseDurationMs(spec.timeout ?? '1h', of('timeout')),
      retries: {
        limit: retries.limit,
        minMs: parseDurationMs(minBackoff, of('backoff')),
        maxMs: parseDurationMs(maxBackoff, of('backoff')),
      },
      checks: spec.checks ?? [],
      command: spec.command ?? null,
    }
  } catch (error) {
    throw new NacreError('NACRE_APP_INVALID', (error as Error).message, { cause: error })
  }
}

function tableNames(tables: TableMap = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(tables).map(([alias, table]) => [alias, table.name]))
}
