import { NacreError, toNacreError } from '../../base/index.ts'
import { checkFileStatistics, columnsById } from './check-file-statistics.ts'
import type { CommitWorld } from './commit-tables.ts'
import { entryStatus, type Manifest, type ManifestEntry } from '../manifests/manifest.ts'
import { decodeManifestList, type ManifestListEntry } from '../manifests/manifest-list.ts'
import { mapConcurrently } from './map-concurrently.ts'
import { refuse } from '../metadata/refuse.ts'
import type { Snapshot, TableMetadata } from '../metadata/table-metadata.ts'
import { requireOwn } from '../catalog/table-places.ts'

/**
 * Checks a snapshot that an outside engine wrote: its list and new manifests can be read and agree with each other, every file
 * lies in the table's folder, and what was added is there in the size stated, with statistics that can be. Throws NACRE_INPUT.
 */
export async function checkNewSnapshot(
  world: Pick<CommitWorld, 'store' | 'tables'>,
  metadata: TableMetadata,
  snapshot: Snapshot,
): Promise<void> {
  const { store, tables } = world
  const listUri = snapshot['manifest-list']
  requireOwn('Manifest list', listUri, metadata.location)
  const list = await decoding('Manifest list', listUri, async () => {
    requireModest('Manifest list', listUri, await store.settle(listUri))
    return tables.decoded.read(listUri, decodeManifestList)
  })
  const parent = metadata.snapshots.find((other) => other['snapshot-id'] === snapshot['parent-snapshot-id'])
  const inherited = new Set(
    parent &&
      (await tables.decoded.read(parent['manifest-list'], decodeManifestList)).map(
        ({ manifest_path }) => manifest_path,
      ),
  )
  const fresh = list.filter(({ manifest_path }) => !inherited.has(manifest_path))
  const columns = columnsById(metadata)
  const added = (await mapConcurrently(fresh, readManifest)).flat()
  await mapConcurrently(added, async ({ data_file: file }) => {
    const sizeBytes = await decoding('Data file', file.file_path, () => store.settle(file.file_path))
    if (sizeBytes !== Number(file.file_size_in_bytes))
      refuse(
        `File ${file.file_path} has ${sizeBytes} bytes, not ${file.file_size_in_bytes} as its manifest says. Write the manifest anew.`,
      )
  })

  /** The entries that a manifest adds. */
  async function readManifest(listed: ManifestListEntry): Promise<readonly ManifestEntry[]> {
    const uri = listed.manifest_path
    requireOwn('Manifest', uri, metadata.location)
    if (!metadata['partition-specs'].some((spec) => spec['spec-id'] === listed.partition_spec_id))
      refuse(
        `Manifest ${uri} is of partition spec ${listed.partition_spec_id}, which the table does not have.`,
      )
    const manifest = await decoding('Manifest', uri, async () => {
      const sizeBytes = await store.settle(uri)
      requireModest('Manifest', uri, sizeBytes)
      if (sizeBytes !== Number(listed.manifest_length))
        refuse(
          `Manifest ${uri} has ${sizeBytes} bytes, not ${listed.manifest_length} as the manifest list says.`,
        )
      return tables.manifest(listed)
    })
    if (manifest.spec['spec-id'] !== listed.partition_spec_id)
      refuse(
        `Manifest ${uri} is of partition spec ${manifest.spec['spec-id']}, not ${listed.partition_spec_id} as the manifest list says.`,
      )
    checkCounts(listed, manifest)
    for (const entry of manifest.entries) {
      if (entry.status === entryStatus.deleted) continue
      checkFile(entry, listed)
      if (entry.status === entryStatus.added) checkFileStatistics(entry.data_file, columns)
    }
    return manifest.entries.filter(({ status }) => status === entryStatus.added)
  }

  function checkFile({ data_file: file }: ManifestEntry, listed: ManifestListEntry): void {
    requireOwn('File', file.file_path, metadata.location)
    if (file.content === 2)
      refuse(
        `File ${file.file_path} holds equality deletes, which cannot be read here. Delete by position or copy-on-write (write.delete.mode=copy-on-write).`,
      )
    if ((file.content === 0) !== (listed.content === 0))
      refuse(
        `File ${file.file_path} is of content ${file.content} in manifest ${listed.manifest_path} of content ${listed.content}.`,
      )
    if (file.file_format.toUpperCase() !== 'PARQUET')
      refuse(
        `File ${file.file_path} is of format ${file.file_format}; only Parquet is read here. Set write.format.default=parquet.`,
      )
  }
}

/** Engines write manifests of some 8 MB; one is read whole. */
const largestBytes = 256 * 1024 ** 2

function requireModest(what: string, uri: string, sizeBytes: number): void {
  if (sizeBytes > largestBytes)
    refuse(
      `${what} ${uri} has ${sizeBytes} bytes; at most ${largestBytes} are read. Write several smaller manifests.`,
    )
}

function checkCounts(listed: ManifestListEntry, { entries }: Manifest): void {
  const statuses = [
    ['added', entryStatus.added],
    ['existing', entryStatus.existing],
    ['deleted', entryStatus.deleted],
  ] as const
  for (const [name, status] of statuses) {
    const files = entries.filter((entry) => entry.status === status)
    const rows = files.reduce((sum, entry) => sum + BigInt(entry.data_file.record_count), 0n)
    const counts = [
      [`${name} files`, listed[`${name}_files_count`], BigInt(files.length)],
      [`${name} rows`, listed[`${name}_rows_count`], rows],
    ] as const
    for (const [what, stated, actual] of counts)
      // -1: the list leaves it out, as one of format version 1 may.
      if (stated !== -1 && BigInt(stated) !== actual)
        refuse(
          `Manifest ${listed.manifest_path} has ${actual} ${what}, not ${stated} as the manifest list says. Write the list anew.`,
        )
  }
}

/** What a file's bytes are is the sender's to answer for, except that the store itself fails. */
async function decoding<Content>(what: string, uri: string, read: () => Promise<Content>): Promise<Content> {
  try {
    return await read()
  } catch (error) {
    const { code, message } = toNacreError(error)
    const isSenders = ['NACRE_INPUT', 'NACRE_NOT_FOUND', 'NACRE_CORRUPT', 'NACRE_CONFLICT'].includes(code)
    if (!isSenders) throw error
    if (code === 'NACRE_INPUT' && message.includes(uri)) throw error
    throw new NacreError('NACRE_INPUT', `${what} ${uri} cannot be read: ${message}`, { cause: error })
  }
}
