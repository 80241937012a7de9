import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { NacreError, sha256, type ErrorJson } from '../base/index.ts'
import { packArchive } from '../bundles/index.ts'
import type { AppManifest } from './app-manifest.ts'

/** An app's immutable archive: gzipped tar of `app.mjs`, `app.mjs.map`, `manifest.json` and `natives.json` (the versions of native packages it was built with), named by its SHA-256. */
export interface Bundle {
  readonly hash: string
  readonly archive: Uint8Array
  readonly manifest: AppManifest
}

/** Packages that hold native code; a bundle names them instead of holding them, and the runner brings them. */
const nativePackages = ['@duckdb/node-api', '@duckdb/node-bindings']

/**
 * Builds an app's bundle: the same sources give the same bytes, wherever the project lies. Runs the app's top-level code in a
 * process of its own to learn what it declares. Throws NACRE_APP_INVALID with the compiler's or the app's own words.
 *
 * @param describe The command that finds out a built app's manifest: `[node, …, describe-app.ts]`.
 * @param options.timeoutMs How long the app may take to load. Default 30 s.
 */
export async function buildBundle(
  projectFolder: string,
  describe: readonly string[],
  { timeoutMs = 30_000 }: { timeoutMs?: number } = {},
): Promise<Bundle> {
  const entry = join(projectFolder, 'nacre.config.ts')
  if (!existsSync(entry)) {
    throw new NacreError(
      'NACRE_APP_INVALID',
      `There is no nacre.config.ts in ${projectFolder}. Run 'nacre init' to make a project, or give --project.`,
    )
  }
  const compiled = await compile(projectFolder, entry)
  const staging = await mkdtemp(join(tmpdir(), 'nacre-bundle-'))
  try {
    const appPath = join(staging, 'app.mjs')
    await writeFile(appPath, compiled['app.mjs'])
    const manifestPath = join(staging, 'manifest.json')
    await describeApp([...describe, appPath, projectFolder, manifestPath], timeoutMs)
    const manifestJson = await readManifest(manifestPath)
    const files = {
      ...compiled,
      'manifest.json': manifestJson,
      'natives.json': Buffer.from(JSON.stringify(nativeLock())),
    }
    const archive = await packArchive(files)
    return { hash: sha256(archive), archive, manifest: JSON.parse(manifestJson.toString()) as AppManifest }
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** The Malloy files of an app, by name. */
export async function readModels(
  projectFolder: string,
  folder: string | undefined,
): Promise<Record<string, string>> {
  if (folder === undefined) return {}
  const path = join(projectFolder, folder)
  if (!existsSync(path)) {
    throw new NacreError(
      'NACRE_APP_INVALID',
      `The app's models folder '${folder}' does not exist in ${projectFolder}.`,
    )
  }
  const names = (await readdir(path)).filter((name) => name.endsWith('.malloy')).toSorted()
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(path, name), 'utf8')] as const)),
  )
}

async function compile(
  projectFolder: string,
  entry: string,
): Promise<Readonly<Record<'app.mjs' | 'app.mjs.map', Uint8Array>>> {
  const { build, stop } = await import('esbuild')
  try {
    const { outputFiles } = await build({
      absWorkingDir: projectFolder,
      entryPoints: [entry],
      // Never written: the source map names sources relative to here, so that it tells nothing of the machine.
      outfile: join(projectFolder, 'app.mjs'),
      write: false,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      sourcemap: 'linked',
      sourcesContent: true,
      sourceRoot: 'app',
      external: nativePackages,
      logLevel: 'silent',
      // Packages written as CommonJS call require for Node's own modules, and may look where they are.
      define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
      banner: {
        js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
      },
    })
    const contents = (name: string): Uint8Array =>
      outputFiles.find(({ path }) => path.endsWith(`/${name}`))!.contents
    return { 'app.mjs': contents('app.mjs'), 'app.mjs.map': contents('app.mjs.map') }
  } catch (error) {
    const { errors = [] } = error as { errors?: readonly CompilerMessage[] }
    if (errors.length === 0) throw error
    throw new NacreError(
      'NACRE_APP_INVALID',
      `The app does not compile:\n${errors.map((message) => `  ${describeMessage(message, projectFolder)}`).join('\n')}`,
      {
        details: { errors: errors.length },
        cause: error,
      },
    )
  } finally {
    // Its service is a process of some 100 MB that would stay for the next build.
    await stop()
  }
}

interface CompilerMessage {
  readonly text: string
  readonly location: {
    readonly file: string
    readonly line: number
    readonly column: number
    readonly lineText: string
  } | null
}

function describeMessage({ text, location }: CompilerMessage, projectFolder: string): string {
  if (location === null) return text
  const file = relative(projectFolder, join(projectFolder, location.file))
  return `${file}:${location.line}:${location.column + 1}: ${text}\n      ${location.lineText.trim()}`
}

async function describeApp([command, ...args]: readonly string[], timeoutMs: number): Promise<void> {
  try {
    await promisify(execFile)(command!, args, {
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: 64 * 1024 ** 2,
    })
  } catch (error) {
    const { stderr, killed } = error as { stderr?: string; killed?: boolean }
    if (killed) {
      throw new NacreError(
        'NACRE_APP_INVALID',
        `The app did not finish loading within ${timeoutMs / 1000} s. Its top-level code must only declare things; do work inside a job.`,
        { cause: error },
      )
    }
    throw (
      errorFromStderr(stderr ?? '') ??
      new NacreError('NACRE_APP_INVALID', `The app fails while loading:\n${stderr ?? String(error)}`, {
        cause: error,
      })
    )
  }
}

async function readManifest(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new NacreError(
      'NACRE_APP_INVALID',
      'The app ended its process before it was loaded. Its top-level code must only declare things; do work inside a job.',
      { cause: error },
    )
  }
}

/** describe-app ends with its error as one line of JSON. */
function errorFromStderr(stderr: string): NacreError | undefined {
  const last = stderr.trim().split('\n').at(-1) ?? ''
  try {
    return NacreError.fromJSON((JSON.parse(last) as { error: ErrorJson }).error)
  } catch {
    return undefined
  }
}

/** Versions of the native packages that a bundle built here relies on. */
function nativeLock(): Readonly<Record<string, string>> {
  const require = createRequire(import.meta.url)
  return Object.fromEntries(
    nativePackages.map((name) => [
      name,
      (JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')) as { version: string })
        .version,
    ]),
  )
}
