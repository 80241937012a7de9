import { spawn } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { createApiClient, type ApiClient } from '../../src/cli/index.ts'
import type { RunInfo } from '../../src/server/contract.ts'

const root = resolve(import.meta.dirname, '../..')

/** Writes a project's files into a folder, with `nacre` importable as if it were installed. */
export async function makeProject(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(folder, 'node_modules'), { recursive: true })
  await symlink(root, join(folder, 'node_modules/nacre'))
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  for (const [path, body] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), body)
  }
}

/** How a command ended. */
export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `nacre <args>` in a folder. */
export async function nacre(
  cwd: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [join(root, 'src/bin/nacre.ts'), ...args], {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await ended, stdout, stderr }
}

/** `nacre up`, running. Disposing stops it by SIGTERM and waits. */
export interface PlatformProcess extends AsyncDisposable {
  readonly pid: number
  readonly api: ApiClient
  readonly collectorUrl: string
  readonly writeKey: string
  /** What it has printed so far. */
  output(): string
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number | null>
  kill(signal: NodeJS.Signals): Promise<{ readonly code: number | null; readonly tookMs: number }>
  /** Runs a job and waits for its end. */
  run(job: string, options?: { app?: string; days?: readonly string[] }): Promise<RunInfo>
  sql(statement: string): Promise<readonly (readonly unknown[])[]>
}

/** Starts `nacre up` on free ports; resolves once it serves. Throws with its output when it ends first. */
export async function startPlatformProcess(
  cwd: string,
  {
    environment = {},
    args = [],
  }: { environment?: Readonly<Record<string, string>>; args?: readonly string[] } = {},
): Promise<PlatformProcess> {
  const child = spawn(
    process.execPath,
    [join(root, 'src/bin/nacre.ts'), 'up', '--port', '0', '--collector-port', '0', ...args],
    {
      cwd,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))
  await new Promise<void>((ready, fail) => {
    const hear = (chunk: string): void => {
      output += chunk
      if (/^ {2}state {2}/m.test(output)) ready()
    }
    child.stdout.setEncoding('utf8').on('data', hear)
    child.stderr.setEncoding('utf8').on('data', hear)
    void ended.then((code) => fail(new Error(`nacre up ended with ${code}:\n${output}`)))
  })
  const state = /^ {2}state +(\S+)/m.exec(output)![1]!
  const { apiUrl, collectorUrl } = JSON.parse(await readFile(join(state, 'server.json'), 'utf8')) as {
    apiUrl: string
    collectorUrl: string
  }
  const read = async (name: string): Promise<string> => (await readFile(join(state, name), 'utf8')).trim()
  const api = createApiClient(apiUrl, await read('admin-token'))
  const kill: PlatformProcess['kill'] = async (signal) => {
    const from = performance.now()
    child.kill(signal)
    return { code: await ended, tookMs: performance.now() - from }
  }
  return {
    pid: child.pid!,
    api,
    collectorUrl,
    writeKey: await read('write-key'),
    output: () => output,
    ended,
    kill,
    async run(job, { app, days } = {}) {
      const name =
        app ??
        (await api.get<readonly { app: string; job: { name: string } }[]>('jobs')).find(
          (each) => each.job.name === job,
        )!.app
      const { run } = await api.send<{ run: RunInfo | null }>(
        'POST',
        `jobs/${name}/${job}/run`,
        days === undefined ? {} : { days },
      )
      if (run === null) throw new Error(`job ${job} did not begin`)
      return until(async () => {
        const now = await api.get<RunInfo>(`runs/${run.id}`)
        return now.endedAt === null ? null : now
      })
    },
    sql: async (sql) =>
      (await api.send<{ rows: readonly (readonly unknown[])[] }>('POST', 'sql', { sql })).rows,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) await kill('SIGTERM')
    },
  }
}

/** Asks until there is an answer other than null; throws after `seconds` (default 90). */
export async function until<T>(ask: () => Promise<T | null>, seconds = 90): Promise<T> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    const answer = await ask()
    if (answer !== null) return answer
    if (Date.now() > deadline) throw new Error(`no answer in ${seconds} s: ${ask.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
