/**
 * `npm test`: finds or installs what the tests need, starts it, runs every test against it, and ends with the line
 * `N passed, N failed, N skipped`. `npm test -- <files>` runs only those files.
 */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { buildWeb } from './build-web.ts'
import { prepareServices } from './prepare-services.ts'
import { propertyTests, slowTests, unitTests } from './test-files.ts'
import { tally, type Tally } from './test-tally.ts'

const chosen = process.argv.slice(2)
await using _web = await buildWeb()
await using services = await prepareServices()
for (const { name, missing } of services.missing)
  console.log(`not here: ${name} (${missing}); its tests are skipped`)
if (services.missing.length > 0 && process.env['CI'] === 'true') {
  console.log('CI=true: every part must be there.')
  console.log('0 passed, 1 failed, 0 skipped')
  process.exit(1)
}

const environment = { ...process.env, ...services.environment }

/** Runs files with node:test and adds up what its TAP output tells. */
async function run(name: string, files: readonly string[], flags: readonly string[]): Promise<Tally> {
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 }
  console.log(`\n── ${name}: ${files.length} files`)
  const child = spawn(process.execPath, ['--test', '--test-reporter=tap', ...flags, ...files], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const counted = tally(child.stdout, (line) => console.log(line))
  const [code] = (await once(child, 'close')) as [number | null]
  const result = await counted
  return code !== 0 && result.failed === 0 ? { ...result, failed: 1 } : result
}

const groups =
  chosen.length > 0
    ? [
        await run(
          'chosen',
          chosen.filter((file) => existsSync(file)),
          ['--test-concurrency=1'],
        ),
      ]
    : [
        await run(
          'architecture, unit and property tests',
          [...unitTests(), ...propertyTests()],
          ['--test-isolation=none'],
        ),
        await run('contract, integration, browser and golden tests', slowTests(), [
          '--test-concurrency=2',
          '--test-timeout=600000',
        ]),
      ]
const sum = (key: keyof Tally): number => groups.reduce((total, group) => total + group[key], 0)
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`)
process.exitCode = sum('failed') === 0 && sum('passed') > 0 ? 0 : 1
