/** `npm run check`: format, lint, types, architecture, unit and property tests; under a minute. */
import { runSteps } from './run-steps.ts'
import { quickTests } from './test-files.ts'

process.exitCode = await runSteps([
  { name: 'format', command: ['oxfmt', '--check'] },
  { name: 'lint', command: ['oxlint', '--type-aware'] },
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json'] },
  { name: 'types that src exports', command: ['tsc', '-p', 'src/tsconfig.json'] },
  { name: 'types of the web app', command: ['tsc', '-p', 'web/tsconfig.json'] },
  {
    name: 'architecture, unit and property tests',
    command: ['node', '--test', '--test-isolation=none', '--test-reporter=dot', ...quickTests()],
  },
])
