import { sha256 } from '../../base/index.ts'
import type { TableMetadata } from '../../tables/index.ts'
import type { Answer, Call } from './endpoint.ts'
import type { AccessFor } from './table-access.ts'

/** A table as the specification's LoadTableResult; 304 when the client has it already. */
export async function presentTable(
  { name, metadata, metadataLocation }: NonNullable<Answer['table']>,
  {
    principal,
    query: { snapshots = 'all' },
    headers,
  }: Pick<Call<unknown>, 'principal' | 'query' | 'headers'>,
  accessFor: AccessFor,
): Promise<Answer> {
  const withKeys = /\bvended-credentials\b/.test(String(headers['x-iceberg-access-delegation'] ?? ''))
  const etag = `"${sha256(`${metadataLocation} ${snapshots}`).slice(0, 32)}"`
  // Who asks for keys needs new ones, though the table be the same.
  if (!withKeys && matches(headers['if-none-match'], etag)) return { status: 304, headers: { etag } }
  const { config, credentials } = await accessFor(principal, { name, metadata }, { withKeys })
  const body = {
    ...(metadataLocation === undefined ? {} : { 'metadata-location': metadataLocation }),
    metadata: snapshots === 'refs' ? referencedOnly(metadata) : metadata,
    config,
    ...(credentials.length === 0 ? {} : { 'storage-credentials': credentials }),
  }
  return metadataLocation === undefined ? { body } : { body, headers: { etag } }
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes(etag) || tags.includes('*')
}

/** The metadata with those snapshots only that branches and tags name: all that most readers need. */
function referencedOnly(metadata: TableMetadata): TableMetadata {
  const named = new Set(Object.values(metadata.refs).map((ref) => ref['snapshot-id']))
  return {
    ...metadata,
    snapshots: metadata.snapshots.filter((snapshot) => named.has(snapshot['snapshot-id'])),
  }
}
