import { join } from 'node:path'
import { NacreError } from '../../base/index.ts'
import { quoteString } from '../../sql/index.ts'
import type { ObjectStorage } from '../../storage/index.ts'

/** Runs one statement. */
type Run = (statement: string) => Promise<unknown>

/** Teaches a DuckDB to open `s3://…` URIs. Throws NACRE_UNAVAILABLE when its extension for that cannot be loaded. */
export async function loadHttpfs(run: Run, access: ObjectStorage, extensionFolder?: string): Promise<void> {
  await loadExtension(run, extensionFolder)
  const url = access.endpoint === null ? undefined : new URL(access.endpoint)
  const options = {
    KEY_ID: access.accessKeyId,
    SECRET: access.secretAccessKey,
    ...(access.sessionToken !== undefined && { SESSION_TOKEN: access.sessionToken }),
    REGION: access.region,
    ...(url && { ENDPOINT: url.host, USE_SSL: String(url.protocol === 'https:') }),
    URL_STYLE: access.pathStyle ? 'path' : 'vhost',
  }
  const list = Object.entries(options).map(([key, value]) => `${key} ${quoteString(value)}`)
  await run(`CREATE OR REPLACE SECRET nacre_object_store (TYPE s3, ${list.join(', ')})`)
}

async function loadExtension(run: Run, folder: string | undefined): Promise<void> {
  try {
    if (folder === undefined) await run('INSTALL httpfs')
    const name = folder === undefined ? 'httpfs' : quoteString(join(folder, 'httpfs.duckdb_extension'))
    await run(`LOAD ${name}`)
  } catch (cause) {
    throw new NacreError(
      'NACRE_UNAVAILABLE',
      `Object storage needs DuckDB's extension httpfs, which cannot be loaded: ${firstLine(cause)} Let this machine reach extensions.duckdb.org, or name a folder that holds httpfs.duckdb_extension of the same version and platform.`,
      { cause },
    )
  }
}

function firstLine(cause: unknown): string {
  return (cause as Error).message.split('\n', 1)[0]!
}
