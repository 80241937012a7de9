/**
 * `describe-app <app.mjs> <project folder> <file>`: imports a built app and writes its manifest into the file, as the app's own
 * code may print. Failure: one line `{"error":…}` at the end of standard error and exit code 2.
 */
import { writeFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { AppDefinition } from '../apps/index.ts'

enableCompileCache()
const { appManifest, readModels } = await import('../apps/index.ts')
const { NacreError, toNacreError } = await import('../base/index.ts')

const [appPath = '', projectFolder = '', manifestPath = ''] = process.argv.slice(2)
try {
  const { default: definition } = (await import(pathToFileURL(appPath).href)) as { default?: AppDefinition }
  if (definition?.kind !== 'app') {
    throw new NacreError(
      'NACRE_APP_INVALID',
      "nacre.config.ts must export an app by default: export default app('name', { … }).",
    )
  }
  const manifest = appManifest(definition, await readModels(projectFolder, definition.spec.models))
  writeFileSync(manifestPath, JSON.stringify(manifest))
} catch (thrown) {
  const error = toNacreError(thrown)
  const shown =
    error.code === 'NACRE_INTERNAL'
      ? new NacreError(
          'NACRE_APP_INVALID',
          `The app fails while loading: ${thrown instanceof Error ? thrown.stack : String(thrown)}`,
        )
      : error
  process.stderr.write(`\n${JSON.stringify({ error: shown })}\n`)
  process.exitCode = 2
}
