import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { extract, pack } from 'tar-stream'
import { NacreError } from '../base/index.ts'

/** Largest archive, unpacked. */
const defaultMaxBytes = 256 * 1024 ** 2

/** A gzipped tar of the files. The same files give the same bytes: order, times and owners are fixed. */
export async function packArchive(files: Readonly<Record<string, Uint8Array>>): Promise<Uint8Array> {
  const tar = pack()
  for (const name of Object.keys(files).toSorted()) {
    tar.entry({ name, mtime: new Date(0), mode: 0o644, uid: 0, gid: 0 }, Buffer.from(files[name]!))
  }
  tar.finalize()
  return promisify(gzip)(await buffer(tar), { level: 6 })
}

/** The files of an archive made by {@link packArchive}, by name. Throws NACRE_APP_INVALID for anything else, and for names that could lead out of a folder. */
export async function unpackArchive(
  archive: Uint8Array,
  { maxBytes = defaultMaxBytes }: { maxBytes?: number } = {},
): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  try {
    const reader = extract()
    Readable.from([await promisify(gunzip)(archive, { maxOutputLength: maxBytes })]).pipe(reader)
    for await (const entry of reader) {
      const { name, type } = entry.header
      if (type !== 'file' || !/^\w[\w.-]*$/.test(name)) throw new Error(`it holds the ${type} '${name}'`)
      files.set(name, await buffer(entry as unknown as Readable))
    }
  } catch (error) {
    throw new NacreError(
      'NACRE_APP_INVALID',
      `The bundle is not a gzipped tar archive of at most ${maxBytes} bytes: ${(error as Error).message}. Build it with 'nacre deploy'.`,
      { cause: error },
    )
  }
  return files
}
