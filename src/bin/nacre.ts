#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// Every statement of DuckDB holds a thread of libuv's pool while it runs; with the default of 4 a few queries would hold up fsync.
// Read when the pool is first used.
process.env['UV_THREADPOOL_SIZE'] ??= '16'

enableCompileCache()
const { runCli } = await import('../cli/index.ts')

const stop = new AbortController()
const interrupt = (): void => {
  // A second Ctrl-C does not wait.
  if (stop.signal.aborted) process.exit(130)
  stop.abort(new DOMException('Interrupted.', 'AbortError'))
}
process.on('SIGINT', interrupt)
process.on('SIGTERM', interrupt)

// An output that is closed early (`nacre runs | head`) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

process.exitCode = await runCli(process.argv.slice(2), {
  cwd: process.cwd(),
  environment: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: stop.signal,
})
// What a part that broke left behind must not keep the process.
setTimeout(() => process.exit(), 1000).unref()
