#!/usr/bin/env node
// Starts Nacre with a Node that can run it: this one, or the one that came with it. Plain JavaScript, for an older Node reads it first.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const leastMajor = 24

if (Number(process.versions.node.split('.')[0]) >= leastMajor) {
  await import('./nacre.ts')
} else {
  const node = createRequire(import.meta.url).resolve('node/bin/node')
  const child = spawn(node, [fileURLToPath(new URL('nacre.ts', import.meta.url)), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  // A Ctrl-C reaches both; whatever else asks to stop is passed on.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)))
}
