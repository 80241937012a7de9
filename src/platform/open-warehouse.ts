import { NacreError } from '../base/index.ts'
import type { Database } from '../database/index.ts'
import { inState, type Settings } from '../settings/index.ts'
import {
  bucketOf,
  fileUriOfPath,
  joinStores,
  openFileStore,
  openS3Store,
  vendKeys,
  type FileStore,
  type KeyGrant,
  type Mount,
  type ObjectStorage,
  type StorageAccess,
  type Store,
} from '../storage/index.ts'
import { ensureSecret } from './secrets.ts'

/** Files on this machine that engines elsewhere reach as S3 objects. */
export interface LocalWarehouse {
  readonly mount: Mount
  readonly files: FileStore
  /** Folder for parts of uploads that are not complete. */
  readonly uploadFolder: string
  /** Signs the keys of engines. */
  readonly masterSecret: string
  /** Throws NACRE_DISK_FULL when there is no room for more. */
  readonly admit: () => void
}

/** Where the files of tables lie, and how each side reaches them. */
export interface Warehouse {
  /** Where new tables are made. */
  readonly uri: string
  readonly store: Store
  /** For engines that the platform trusts: those of the server and of jobs. */
  readonly access: StorageAccess
  readonly local: LocalWarehouse
  /**
   * How an engine elsewhere reaches a table's files, as properties of Iceberg's S3 file access. Empty for files of this machine that have
   * no S3 name; without keys when those of object storage are not to be given away.
   */
  readonly accessConfig: (request: AccessRequest) => Readonly<Record<string, string>>
}

/** Who wants to reach the files below a location. */
export interface AccessRequest extends Pick<KeyGrant, 'mode' | 'principal'> {
  /** Of a table. */
  readonly location: string
}

/** The name that a warehouse on this machine has everywhere, so that its folder may be moved. */
const localUri = 's3://nacre'

/** A namespace's folder holds the tables of others. */
const tableFolder = /^s3:\/\/nacre\/[^/]+\/[^/]+/

/** The only region of the local warehouse; engines insist on one. */
export const localRegion = 'us-east-1'

const keyLifetimeMs = 3_600_000

/** @param endpointUrl Where engines elsewhere reach this server, without `/` at its end. */
export async function openWarehouse(
  settings: Settings,
  {
    database,
    admit,
    endpointUrl,
    signal,
  }: Pick<LocalWarehouse, 'admit'> & { database: Database; endpointUrl: () => string; signal: AbortSignal },
): Promise<Warehouse> {
  const folder = inState(settings, 'warehouse')
  const mount: Mount = { uri: localUri, folder }
  const files = openFileStore(mount)
  const local: LocalWarehouse = {
    mount,
    files,
    uploadFolder: inState(settings, 'uploads'),
    masterSecret: await ensureSecret(database, 'storage-keys'),
    admit,
  }
  const localParts = [localUri, fileUriOfPath(folder)].map((root) => ({ root, store: files }))
  const uri = settings.warehouse
  const isLocal = bucketOf(uri) === bucketOf(localUri)
  if (isLocal && uri !== localUri)
    throw new NacreError(
      'NACRE_INPUT',
      `warehouse is '${uri}', but bucket 'nacre' is the name of this machine's folder; write s3://nacre, or another bucket.`,
    )
  const objectStore = isLocal ? undefined : objectStorageOf(settings)
  const remoteParts =
    objectStore === undefined
      ? []
      : [{ root: uri, store: await openS3Store({ uri, storage: objectStore }, { signal }) }]
  const store = joinStores([...remoteParts, ...localParts])
  // A wrong key or bucket is told now, not when the first event lands.
  for await (const _file of store.list(uri)) break

  const { extensionFolder } = settings
  return {
    uri,
    store,
    local,
    access: { mounts: [mount], objectStore, extensionFolder: extensionFolder ?? undefined },
    accessConfig({ location, mode, principal }) {
      if (tableFolder.test(location)) {
        const expiresAt = Date.now() + keyLifetimeMs
        const keys = vendKeys(local.masterSecret, { folder: location, mode, principal, expiresAt })
        return {
          ...fileAccess({ endpoint: endpointUrl(), region: localRegion, pathStyle: true }),
          ...keyProperties(keys),
          's3.session-token-expires-at-ms': String(expiresAt),
        }
      }
      if (objectStore === undefined || !location.startsWith(`${uri}/`)) return {}
      return {
        ...fileAccess(objectStore),
        ...(settings.s3Vend === 'configured' && keyProperties(objectStore)),
      }
    },
  }
}

function objectStorageOf(settings: Settings): ObjectStorage {
  const { s3Endpoint, s3AccessKeyId, s3SecretAccessKey, s3SessionToken, s3Region, s3Style } = settings
  if (s3AccessKeyId === null || s3SecretAccessKey === null)
    throw new NacreError(
      'NACRE_INPUT',
      `warehouse is '${settings.warehouse}', but there is no key to it. Set NACRE_S3_ACCESS_KEY_ID and NACRE_S3_SECRET_ACCESS_KEY, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`,
    )
  if (s3Endpoint !== null && !/^https?:\/\/[^/?#]+\/?$/.test(s3Endpoint))
    throw new NacreError(
      'NACRE_INPUT',
      `s3Endpoint is '${s3Endpoint}'; write http(s)://host or http(s)://host:port.`,
    )
  return {
    endpoint: s3Endpoint,
    region: s3Region,
    accessKeyId: s3AccessKeyId,
    secretAccessKey: s3SecretAccessKey,
    sessionToken: s3SessionToken ?? undefined,
    pathStyle: s3Style === 'auto' ? s3Endpoint !== null : s3Style === 'path',
  }
}

/** DuckDB insists on a region under `client.region`; the others read `s3.region`. */
function fileAccess({
  endpoint,
  region,
  pathStyle,
}: Pick<ObjectStorage, 'endpoint' | 'region' | 'pathStyle'>): Record<string, string> {
  return {
    ...(endpoint !== null && { 's3.endpoint': endpoint }),
    's3.path-style-access': String(pathStyle),
    's3.region': region,
    'client.region': region,
  }
}

function keyProperties(
  keys: Pick<ObjectStorage, 'accessKeyId' | 'secretAccessKey' | 'sessionToken'>,
): Record<string, string> {
  return {
    's3.access-key-id': keys.accessKeyId,
    's3.secret-access-key': keys.secretAccessKey,
    ...(keys.sessionToken !== undefined && { 's3.session-token': keys.sessionToken }),
  }
}
