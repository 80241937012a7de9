import type { IncomingMessage, ServerResponse } from 'node:http'
import type { LocalWarehouse } from '../../platform/index.ts'
import type { KeyGrant, SigningKey } from '../../storage/index.ts'
import { S3Error } from './s3-error.ts'
import { s3Document } from './s3-xml.ts'

/** One verified request for an object, or for the bucket when the key is empty. */
export interface S3Call {
  readonly bucket: string
  readonly local: LocalWarehouse
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Decoded. */
  readonly key: string
  readonly query: URLSearchParams
  readonly grant: KeyGrant
  readonly signing: SigningKey
}

/** The name of a key in the warehouse. */
export function uriOf({ local }: Pick<S3Call, 'local'>, key: string): string {
  return `${local.mount.uri}/${key}`
}

/** A header of a request, in lower case; empty when absent. */
export function headerOf({ request }: Pick<S3Call, 'request'>, name: string): string {
  return String(request.headers[name] ?? '')
}

/** Names that writers in progress use; they are no objects. */
export function isInternal(key: string): boolean {
  return key.split('/').some((part) => part.startsWith('.') || part.endsWith('.tmp'))
}

/** The catalog alone says what a table is. Some disks take upper and lower case for the same. */
const catalogFile = /\.metadata\.json(\.gz)?$/i

/** Throws unless the keys of a call allow what is to be done with an object, or with all objects whose keys begin so. */
export function demand(call: S3Call, mode: KeyGrant['mode'], key: string): void {
  const { folder, mode: granted } = call.grant
  const isInside = `${uriOf(call, key)}`.startsWith(`${folder}/`)
  const isTheFolder = mode === 'read' && uriOf(call, key) === folder && call.key !== ''
  if (!isInside && !isTheFolder)
    throw new S3Error('AccessDenied', `These keys are for ${folder}/ only, not for '${key}'.`)
  if (mode === 'read') return
  if (granted !== 'write') throw new S3Error('AccessDenied', `These keys allow to read ${folder}/ only.`)
  if (catalogFile.test(key))
    throw new S3Error('AccessDenied', `'${key}' is written by the catalog alone; commit through the catalog.`)
  if (isInternal(key))
    throw new S3Error(
      'InvalidArgument',
      `'${key}' cannot be a key: no part may begin with '.' or end with '.tmp'.`,
    )
}

/** Answers with a document. */
export async function answerXml(
  { response }: Pick<S3Call, 'response'>,
  root: string,
  content: object,
): Promise<void> {
  const body = await s3Document(root, content)
  response
    .writeHead(200, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(body) })
    .end(body)
}
