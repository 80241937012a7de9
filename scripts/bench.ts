/** `npm run bench [-- name…]`: runs the measurements of `benches/` one after the other; each prints one JSON document, kept in `benches/results/`. */
import { execFileSync } from 'node:child_process'
import { globSync, mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { basename } from 'node:path'

const chosen = process.argv.slice(2)
const machine = {
  cpus: availableParallelism(),
  model: cpus()[0]?.model ?? '',
  memoryGiB: Math.round(totalmem() / 1024 ** 3),
  node: process.version,
}
const commit = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim()
mkdirSync('benches/results', { recursive: true })
for (const file of globSync('benches/*.ts').toSorted()) {
  const name = basename(file, '.ts')
  if (chosen.length > 0 && !chosen.includes(name)) continue
  console.log(`── ${name}`)
  let output: string
  try {
    output = execFileSync(process.execPath, [file], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 64 * 1024 ** 2,
    })
  } catch {
    process.exitCode = 1 // it has told why; the others go on
    continue
  }
  const result: unknown = JSON.parse(output.slice(output.indexOf('{')))
  console.log(JSON.stringify(result, null, 2))
  writeFileSync(
    `benches/results/${name}.json`,
    `${JSON.stringify({ commit, machine, at: new Date().toISOString(), result }, null, 2)}\n`,
  )
}
