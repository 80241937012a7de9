import { join } from 'node:path'
import { nacreFolder } from '../settings/index.ts'

/** The command that finds out a built app's manifest; see buildBundle. */
export function describeAppCommand(): readonly string[] {
  return [process.execPath, join(nacreFolder(), 'src/bin/describe-app.ts')]
}
