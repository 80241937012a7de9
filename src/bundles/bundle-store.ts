import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NacreError, sha256, writeFileDurably } from '../base/index.ts'
import { unpackArchive } from './archive.ts'

/** A kept archive and what its manifest.json says. */
export interface StoredBundle<Manifest> {
  readonly hash: string
  readonly manifest: Manifest
}

/** Bundles by hash, in a folder. */
export interface BundleStore<Manifest> {
  /** Checks and keeps an archive; keeping it again changes nothing. */
  put(archive: Uint8Array): Promise<StoredBundle<Manifest>>
  /** Throws NACRE_NOT_FOUND. */
  archive(hash: string): Promise<Uint8Array>
  manifest(hash: string): Promise<Manifest>
}

export function openBundleStore<Manifest>(folder: string): BundleStore<Manifest> {
  const pathOf = (hash: string): string => {
    if (!/^[0-9a-f]{64}$/.test(hash))
      throw new NacreError('NACRE_NOT_FOUND', `'${hash}' is not the name of a bundle (64 hex digits).`)
    return join(folder, `${hash}.tar.gz`)
  }
  const archive = async (hash: string): Promise<Uint8Array> => {
    const path = pathOf(hash)
    if (!existsSync(path))
      throw new NacreError('NACRE_NOT_FOUND', `Bundle ${hash} is not stored here. Deploy the app again.`)
    return readFile(path)
  }
  return {
    archive,
    async put(bytes) {
      const manifest = await readManifest<Manifest>(bytes)
      const hash = sha256(bytes)
      if (!existsSync(pathOf(hash))) {
        await writeFileDurably(pathOf(hash), bytes)
      }
      return { hash, manifest }
    },
    manifest: async (hash) => readManifest<Manifest>(await archive(hash)),
  }
}

/** Fetches and unpacks a bundle into `folder/<hash>`, once; returns the path of its `app.mjs`. */
export async function unpackBundle(
  fetchArchive: () => Promise<Uint8Array>,
  hash: string,
  folder: string,
): Promise<string> {
  const app = join(folder, hash, 'app.mjs')
  if (existsSync(app)) return app
  const archive = await fetchArchive()
  if (sha256(archive) !== hash) {
    throw new NacreError(
      'NACRE_CORRUPT',
      `The bundle that was fetched as ${hash} has the hash ${sha256(archive)}; its bytes are damaged.`,
    )
  }
  const files = await unpackArchive(archive)
  // app.mjs last: its presence says that the folder is complete.
  const ordered = [...files].toSorted(([a], [b]) => Number(a === 'app.mjs') - Number(b === 'app.mjs'))
  for (const [name, bytes] of ordered) await writeFileDurably(join(folder, hash, name), bytes)
  return app
}

async function readManifest<Manifest>(archive: Uint8Array): Promise<Manifest> {
  const files = await unpackArchive(archive)
  const manifest = files.get('manifest.json')
  if (manifest === undefined || !files.has('app.mjs')) {
    throw new NacreError(
      'NACRE_APP_INVALID',
      "The bundle lacks manifest.json or app.mjs. Build it with 'nacre deploy'.",
    )
  }
  try {
    return JSON.parse(Buffer.from(manifest).toString()) as Manifest
  } catch (error) {
    throw new NacreError(
      'NACRE_APP_INVALID',
      `The bundle's manifest.json is not JSON: ${(error as Error).message}. Build it with 'nacre deploy'.`,
      { cause: error },
    )
  }
}
