import { stateFiles } from '../settings/index.ts'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileDurably } from '../base/index.ts'
import type { Tokens } from './tokens.ts'

/**
 * The admin token of an installation, made at its first start and kept in a file that only its owner may read. A token that the
 * state does not know (the state was emptied) is replaced.
 */
export async function ensureAdminToken(stateFolder: string, tokens: Tokens): Promise<string> {
  const path = join(stateFolder, stateFiles.adminToken)
  if (existsSync(path)) {
    const secret = (await readFile(path, 'utf8')).trim()
    if ((await tokens.authenticate(secret)) !== null) return secret
  }
  const known = (await tokens.list()).some(({ name }) => name === 'admin')
  if (known) await tokens.revoke('admin')
  const { secret } = await tokens.create({ name: 'admin', role: 'admin', team: null })
  await writeFileDurably(path, `${secret}\n`, { mode: 0o600 })
  return secret
}
