/** Runs a command with NACRE_TEST_POSTGRES_URL naming a PostgreSQL server of its own: `node scripts/with-postgres.ts node --test …`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { startPostgres } from '../test/support/postgres-server.ts'

const [command, ...args] = process.argv.slice(2)
await using server = await startPostgres()
const child = spawn(command!, args, {
  stdio: 'inherit',
  env: { ...process.env, NACRE_TEST_POSTGRES_URL: server.url },
})
const [code] = (await once(child, 'exit')) as [number | null]
process.exitCode = code ?? 1
