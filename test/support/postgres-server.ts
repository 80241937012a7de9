import { execFileSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { userInfo } from 'node:os'
import { tempFolder } from './temp-folder.ts'

/** A PostgreSQL server of its own, listening on loopback, gone when disposed. */
export interface PostgresServer extends AsyncDisposable {
  readonly url: string
}

/** The folder of initdb and pg_ctl, or undefined when PostgreSQL is not installed. */
export function postgresBinFolder(): string | undefined {
  return globSync('/usr/lib/postgresql/*/bin')
    .toSorted()
    .findLast((folder) => existsSync(join(folder, 'initdb')))
}

/** Starts a server on a free port with an empty data folder. fsync is off: these data are thrown away. */
export async function startPostgres(): Promise<PostgresServer> {
  const bin = postgresBinFolder()
  if (bin === undefined) throw new Error('PostgreSQL is not installed: no /usr/lib/postgresql/*/bin')
  const folder = tempFolder('nacre-postgres-')
  const data = join(folder.path, 'data')
  await mkdir(data)
  const isRoot = userInfo().uid === 0
  if (isRoot) execFileSync('chown', ['-R', 'postgres', folder.path])
  // PostgreSQL refuses to run as root.
  const run = (command: string, ...args: string[]): void => {
    const path = join(bin, command)
    execFileSync(isRoot ? 'runuser' : path, isRoot ? ['-u', 'postgres', '--', path, ...args] : args, {
      cwd: folder.path,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
  }
  run('initdb', '-D', data, '-U', 'nacre', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C.UTF-8')
  const port = await freePort()
  const options = `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories= -c fsync=off -c max_connections=200`
  run('pg_ctl', '-D', data, '-w', '-l', join(folder.path, 'log'), '-o', options, 'start')
  return {
    url: `postgres://nacre@127.0.0.1:${port}/postgres`,
    async [Symbol.asyncDispose]() {
      run('pg_ctl', '-D', data, '-w', '-m', 'immediate', 'stop')
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** A port of the loopback interface that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
