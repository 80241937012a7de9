import { chmodSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder that is removed when disposed: `await using folder = tempFolder()`. */
export interface TempFolder extends AsyncDisposable {
  readonly path: string
}

export function tempFolder(prefix = 'nacre-test-'): TempFolder {
  const path = mkdtempSync(join(tmpdir(), prefix))
  chmodSync(path, 0o755)
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) }
}
