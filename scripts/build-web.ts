import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, context, stop, type BuildOptions, type BuildResult, type Plugin } from 'esbuild'

const webFolder = fileURLToPath(new URL('../web', import.meta.url))

/** Options of {@link buildWeb}. */
export interface BuildWebOptions {
  /** Emptied first. Default `web/dist`. */
  readonly outFolder?: string
  /** Builds again on every change until disposed. Default false. */
  readonly watch?: boolean
}

/** A finished build; with `watch` it goes on until disposed. Disposing ends the compiler's process. */
export interface WebBuild extends AsyncDisposable {
  readonly outFolder: string
}

/**
 * Bundles the browser app: hashed files under `assets/`, and an `index.html` that names them. Everything is an external
 * file, so the page works under `script-src 'self'; style-src 'self'`.
 */
export async function buildWeb(options: BuildWebOptions = {}): Promise<WebBuild> {
  const outFolder = resolve(options.outFolder ?? join(webFolder, 'dist'))
  await rm(outFolder, { recursive: true, force: true })
  await mkdir(join(outFolder, 'assets'), { recursive: true })
  const settings: BuildOptions = {
    absWorkingDir: webFolder,
    entryPoints: { app: 'main.tsx' },
    outdir: join(outFolder, 'assets'),
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: ['es2022'],
    jsx: 'automatic',
    minify: options.watch !== true,
    metafile: true,
    define: { 'process.env.NODE_ENV': options.watch === true ? '"development"' : '"production"' },
    logLevel: 'warning',
    plugins: [writeIndexPage(outFolder)],
  }
  if (options.watch !== true) {
    await build(settings)
    return { outFolder, [Symbol.asyncDispose]: () => stop() }
  }
  const watching = await context(settings)
  await watching.watch()
  return { outFolder, [Symbol.asyncDispose]: () => watching.dispose() }
}

function writeIndexPage(outFolder: string): Plugin {
  return {
    name: 'index-page',
    setup(running) {
      running.onEnd(async (result) => {
        if (result.errors.length > 0) return
        const [icon, theme] = await Promise.all([
          readFile(join(webFolder, 'icon.svg')),
          bundleScript(join(webFolder, 'shell/apply-theme.ts')),
        ])
        const page = indexPage({
          ...namesOf(result, outFolder),
          icon: await writeHashed(outFolder, 'icon', '.svg', icon),
          theme: await writeHashed(outFolder, 'theme', '.js', theme),
        })
        await writeFile(join(outFolder, 'index.html'), page)
      })
    },
  }
}

/** A script that runs before the first paint: no module, which would wait, and thus no shared chunks. */
async function bundleScript(path: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    minify: true,
    format: 'iife',
    write: false,
  })
  return outputFiles[0]!.contents
}

async function writeHashed(
  outFolder: string,
  name: string,
  extension: string,
  bytes: Uint8Array,
): Promise<string> {
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 8)
  const address = `/assets/${name}-${hash}${extension}`
  await writeFile(join(outFolder, address), bytes)
  return address
}

interface OutputNames {
  readonly app: string
  readonly style: string
  /** Chunks that `app` imports statically. */
  readonly chunks: readonly string[]
}

interface PageNames extends OutputNames {
  readonly icon: string
  readonly theme: string
}

function namesOf(result: BuildResult, outFolder: string): OutputNames {
  const outputs = Object.entries(result.metafile?.outputs ?? {})
  const address = (path: string): string => `/${relative(outFolder, resolve(webFolder, path))}`
  const [appPath, app] = outputs.find(([, output]) => output.entryPoint === 'main.tsx')!
  return {
    app: address(appPath),
    style: address(app.cssBundle!),
    chunks: app.imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => address(path)),
  }
}

/**
 * The style sheet's id is the one under which react-aria looks for a style element it would else insert, which the
 * content-security policy refuses; the rule itself stands in base.css.
 */
function indexPage(names: PageNames): string {
  const preloads = names.chunks.map((chunk) => `    <link rel="modulepreload" href="${chunk}" />\n`).join('')
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Nacre</title>
    <link rel="icon" type="image/svg+xml" href="${names.icon}" />
    <link rel="stylesheet" id="react-aria-pressable-style" href="${names.style}" />
    <script src="${names.theme}"></script>
${preloads}    <script type="module" src="${names.app}"></script>
  </head>
  <body>
    <div id="root"></div>
    <noscript>Nacre's pages need JavaScript. The same facts are in the command line: nacre --help.</noscript>
  </body>
</html>
`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const started = performance.now()
  const { outFolder } = await buildWeb()
  console.log(
    `Built ${relative(process.cwd(), outFolder) || dirname(outFolder)} in ${Math.round(performance.now() - started)} ms`,
  )
}
