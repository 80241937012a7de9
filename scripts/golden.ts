/** `npm run golden`: writes the golden files anew; read the diff before you commit it. */
import { globSync, rmSync } from 'node:fs'
import { runSteps } from './run-steps.ts'

for (const file of globSync('test/golden/**/expected*')) rmSync(file)
process.exitCode = await runSteps([
  { name: 'golden files', command: ['node', '--test', ...globSync('test/golden/**/*.test.ts')] },
])
