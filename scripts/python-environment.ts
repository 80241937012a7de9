import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const requirements = new URL('../test/python-requirements.txt', import.meta.url).pathname

/** Whether this machine's Python can make environments. */
export function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', 'import venv, ensurepip'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/**
 * The Python of an environment with the packages that tests compare with, made once for each list of them, in the user's cache.
 * Throws when they cannot be installed.
 */
export async function pythonEnvironment(): Promise<string> {
  const name = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12)
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const folder = join(cache, 'nacre', `python-${name}`)
  const python = join(folder, 'bin', 'python')
  const finished = join(folder, 'installed')
  if (existsSync(finished)) return python
  console.log('installing Python packages that tests compare with …')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await promisify(execFile)('python3', ['-m', 'venv', folder])
  await promisify(execFile)(python, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements], {
    timeout: 600_000,
  })
  await writeFile(finished, '')
  return python
}
