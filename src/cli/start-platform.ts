import { unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { buildBundle, describeAppCommand, type Bundle } from '../apps/index.ts'
import { createLog, writeFileDurably } from '../base/index.ts'
import { lockFolder, openPlatform } from '../platform/index.ts'
import { openServer } from '../server/index.ts'
import { nacreFolder, stateFiles, type ServerAddress } from '../settings/index.ts'
import type { CommandContext } from './command.ts'
import { settingsOf } from './settings-of.ts'

/** The whole of Nacre, running in this process. Disposing stops it cleanly. */
export interface RunningPlatform extends AsyncDisposable {
  deploy(bundle: Bundle): Promise<{ readonly app: string; readonly changes: readonly string[] }>
  /** Prints where to look. */
  announce(): Promise<void>
  /** Resolves when the command is told to stop; throws when the platform cannot go on. */
  untilStopped(): Promise<void>
}

/** Begins to build the project's app, which is worth doing while the platform opens. Await it or not: it troubles nobody. */
export function beginBuild({ projectFolder }: CommandContext): Promise<Bundle> {
  const bundle = buildBundle(projectFolder, describeAppCommand())
  bundle.catch(() => undefined) // told to whoever awaits it
  return bundle
}

/** Opens the state, the servers and the loops, in that order; closed in reverse. */
export async function startPlatform(context: CommandContext): Promise<RunningPlatform> {
  const settings = await settingsOf(context)
  const log = createLog({ level: settings.logLevel })
  await using opening = new AsyncDisposableStack()
  opening.use(await lockFolder(settings.stateFolder))
  let apiUrl = ''
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => undefined) // told by untilStopped
  const platform = opening.use(
    await openPlatform(settings, {
      log,
      environment: context.environment,
      apiUrl: () => apiUrl,
      onFailure: failed.reject,
    }),
  )
  const server = opening.use(await openServer(platform, { webFolder: join(nacreFolder(), 'web/dist') }))
  apiUrl = server.url
  await platform.start()
  const addressPath = join(settings.stateFolder, stateFiles.serverAddress)
  const address: ServerAddress = {
    pid: process.pid,
    apiUrl: server.url,
    collectorUrl: platform.collectorUrl(),
  }
  await writeFileDurably(addressPath, JSON.stringify(address)) // whole or not at all: commands read it
  opening.defer(() => unlink(addressPath).catch(() => undefined))
  const stack = opening.move()
  return {
    deploy: ({ manifest, archive }) => platform.apps.deploy(manifest.name, archive),
    async announce() {
      const code = await platform.tokens.createSignInCode('admin')
      context.print(`\n  web UI     ${server.url}/sign-in?code=${code}   (this link signs in once)`)
      context.print(
        `  collector  ${platform.collectorUrl()}   write key ${await platform.events.defaultWriteKey()}`,
      )
      context.print(`  state      ${settings.stateFolder}\n`)
    },
    untilStopped: () => {
      const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
      if (context.signal.aborted) stop()
      context.signal.addEventListener('abort', () => stop(), { once: true })
      return Promise.race([stopped, failed.promise])
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
