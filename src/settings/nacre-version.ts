import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The folder of this installation of Nacre, where its package.json lies. Absolute, without a trailing slash. */
export function nacreFolder(): string {
  return fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
}

/** This installation's version. */
export const nacreVersion: string = (
  JSON.parse(readFileSync(`${nacreFolder()}/package.json`, 'utf8')) as { version: string }
).version
