/** `npm run check`: format, lint, types, architecture and unit tests; under a minute. */
import { runSteps } from './run-steps.ts'
import { unitTests } from './test-files.ts'

process.exitCode = await runSteps(
  [
    { name: 'format', command: ['oxfmt', '--check'] },
    {
      name: 'architecture and unit tests',
      command: ['node', '--test', '--test-isolation=none', '--test-reporter=dot', ...unitTests()],
    },
    { name: 'lint', command: ['oxlint', '--type-aware'] },
    { name: 'types', command: ['tsc', '-p', 'tsconfig.json'] },
    { name: 'types that src exports', command: ['tsc', '-p', 'src/tsconfig.json'] },
    { name: 'types of the web app', command: ['tsc', '-p', 'web/tsconfig.json'] },
  ],
  { atOnce: 2 },
)
