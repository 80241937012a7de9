import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { hasPython, pythonEnvironment } from './python-environment.ts'
import { postgresBinFolder, startPostgres } from '../test/support/postgres-server.ts'

/** What tests run against. */
export interface TestServices extends AsyncDisposable {
  /** Tells the tests where things are. */
  readonly environment: Readonly<Record<string, string>>
  readonly missing: readonly { readonly name: string; readonly missing: string }[]
}

/** Parts that Debian packages hold. */
const parts = [
  { name: 'PostgreSQL', packages: ['postgresql'], isHere: () => postgresBinFolder() !== undefined },
  {
    name: 'RabbitMQ',
    packages: ['rabbitmq-server'],
    isHere: () => existsSync('/usr/lib/rabbitmq/bin/rabbitmq-server'),
  },
  {
    name: 'Chromium',
    packages: ['chromium', 'fonts-dejavu-core'],
    isHere: () => existsSync('/usr/bin/chromium'),
  },
  { name: 'Python', packages: ['python3', 'python3-venv'], isHere: hasPython },
]

/** Installs what is missing where that is possible (Debian, as root), and starts PostgreSQL; RabbitMQ and Chromium are started by the tests that use them. */
export async function prepareServices(): Promise<TestServices> {
  const absent = parts.filter((part) => !part.isHere())
  const isDebian = existsSync('/usr/bin/apt-get')
  if (absent.length > 0 && isDebian && userInfo().uid === 0) {
    console.log(`installing ${absent.map(({ name }) => name).join(', ')} …`)
    install(absent.flatMap(({ packages }) => packages))
  }
  const missing = parts
    .filter((part) => !part.isHere())
    .map(({ name, packages }) => ({
      name,
      missing: isDebian ? `apt-get install ${packages.join(' ')} as root` : `install ${packages[0]!}`,
    }))
  const python = hasPython() ? await pythonEnvironment().catch(explain) : null
  if (python instanceof Error)
    missing.push({ name: 'PyIceberg and other readers', missing: `pip says: ${python.message}` })
  const postgres = missing.some(({ name }) => name === 'PostgreSQL') ? null : await startPostgres()
  return {
    environment: {
      ...(postgres === null ? {} : { NACRE_TEST_POSTGRES_URL: postgres.url }),
      ...(typeof python === 'string' ? { NACRE_TEST_PYTHON: python } : {}),
    },
    missing,
    async [Symbol.asyncDispose]() {
      await postgres?.[Symbol.asyncDispose]()
    },
  }
}

function explain(error: Error & { stderr?: string }): Error {
  return new Error((error.stderr ?? error.message).trim().split('\n').at(-1))
}

function install(packages: readonly string[]): void {
  const run = (...args: string[]): void => {
    execFileSync('apt-get', args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    })
  }
  try {
    run('update', '-qq')
    run('install', '-y', '-qq', '--no-install-recommends', ...packages)
  } catch {
    // What is still absent is told by the caller.
  }
}
