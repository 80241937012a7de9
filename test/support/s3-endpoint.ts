import { join } from 'node:path'
import fastify from 'fastify'
import { silentLog, type Clock } from '../../src/base/index.ts'
import type { LocalWarehouse } from '../../src/platform/index.ts'
import { s3Routes } from '../../src/server/index.ts'
import { openFileStore, vendKeys, type KeyGrant, type VendedKeys } from '../../src/storage/index.ts'
import { tempFolder } from './temp-folder.ts'

/** Our S3 endpoint, listening, on a warehouse in a temporary folder. */
export interface TestEndpoint extends AsyncDisposable {
  readonly url: string
  readonly local: LocalWarehouse
  /** Keys for a folder, `a/t`. */
  keys(folder: string, grant?: Partial<KeyGrant>): VendedKeys
}

export async function openTestEndpoint({
  clock,
  admit = () => {},
}: { clock?: Clock; admit?: () => void } = {}): Promise<TestEndpoint> {
  const folder = tempFolder()
  const mount = { uri: 's3://nacre', folder: join(folder.path, 'warehouse') }
  const local: LocalWarehouse = {
    mount,
    files: openFileStore(mount),
    uploadFolder: join(folder.path, 'uploads'),
    masterSecret: 'the master secret of a test',
    admit,
  }
  const server = fastify({ forceCloseConnections: true })
  s3Routes(server, { warehouse: { local }, log: silentLog }, clock ? { clock } : {})
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  return {
    url,
    local,
    keys: (below, grant = {}) =>
      vendKeys(local.masterSecret, {
        folder: `${mount.uri}/${below}`,
        mode: 'write',
        principal: 'test',
        expiresAt: Date.now() + 3_600_000,
        ...grant,
      }),
    async [Symbol.asyncDispose]() {
      await server.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}
