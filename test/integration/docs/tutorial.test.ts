import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../support/postgres-server.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const root = resolve(import.meta.dirname, '../../..')

/** A fenced block: its language, what stands after it, its text. */
interface Block {
  readonly language: string
  readonly note: string
  readonly body: string
}

function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```(\w+)(?: ([^\n]*))?\n([\s\S]*?)^```$/gm)].map(
    ([, language, note = '', body]) => ({ language: language!, note, body: body! }),
  )
}

test('the tutorial works when it is typed', { timeout: 300_000 }, async () => {
  await using folder = tempFolder('nacre-tutorial-')
  const [port, collectorPort] = [await freePort(), await freePort()]
  const page = (await readFile(join(root, 'docs/tutorial.md'), 'utf8'))
    .replaceAll('127.0.0.1:4601', `127.0.0.1:${collectorPort}`)
    .replaceAll('127.0.0.1:4600', `127.0.0.1:${port}`)

  // The published package is this checkout; npx and npm install would fetch it.
  const bin = join(folder.path, 'bin')
  await mkdir(bin)
  const script = async (name: string, body: string): Promise<void> => {
    await writeFile(join(bin, name), `#!/bin/sh\n${body}\n`)
    await chmod(join(bin, name), 0o755)
  }
  await script(
    'npx',
    `if [ "$1" = nacre ]; then shift; exec '${process.execPath}' '${root}/src/bin/nacre.ts' "$@"; fi\nshift 3; exec '${process.execPath}' "$@"`,
  )
  await script('npm', ':')
  const environment = {
    ...process.env,
    PATH: `${bin}:${process.env['PATH']}`,
    NACRE_PORT: String(port),
    NACRE_COLLECTOR_PORT: String(collectorPort),
    NODE_TEST_CONTEXT: undefined,
  }

  const shop = join(folder.path, 'shop')
  const running = new AbortController()
  let platform: Promise<unknown> | undefined
  const run = async (commands: string): Promise<string> => {
    const inShop = commands.includes('nacre init') ? folder.path : shop
    const writeKey = '[ ! -f .nacre/write-key ] || WRITE_KEY=$(cat .nacre/write-key)'
    const child = spawn('/bin/sh', ['-ec', `${writeKey}\n${commands}`], {
      cwd: inShop,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [output, complaints] = await Promise.all([text(child.stdout), text(child.stderr)])
    const code = child.exitCode ?? (await new Promise<number | null>((done) => child.once('exit', done)))
    assert.equal(code, 0, `${commands}\n${output}\n${complaints}`)
    return output
  }
  try {
    let again: () => Promise<string> = async () => ''
    let output = ''
    for (const { language, note, body } of blocksOf(page)) {
      if (language === 'ts') {
        await mkdir(dirname(join(shop, note)), { recursive: true })
        await writeFile(join(shop, note), body)
      } else if (language === 'sh' && note === 'up') {
        const child = spawn(process.execPath, [join(root, 'src/bin/nacre.ts'), 'up'], {
          cwd: shop,
          env: environment,
          stdio: ['ignore', 'pipe', 'inherit'],
          signal: running.signal,
          killSignal: 'SIGTERM',
        })
        child.on('error', () => undefined) // its end, at the end of the test
        platform = new Promise((ended) => child.once('exit', ended))
        await new Promise<void>((ready, fail) => {
          child.stdout.setEncoding('utf8').on('data', (chunk: string) => chunk.includes('state  ') && ready())
          child.once('exit', (code) => fail(new Error(`nacre up ended with ${code}`)))
        })
      } else if (language === 'sh') {
        again = () => run(body)
        output = await again()
        if (body.includes('nacre init')) {
          await mkdir(join(shop, 'node_modules'))
          await symlink(root, join(shop, 'node_modules/nacre'))
          for (const installed of ['.bin', '@types'])
            await symlink(join(root, 'node_modules', installed), join(shop, 'node_modules', installed))
        }
        if (note !== 'retry') again = async () => output
      } else if (language === 'text') {
        const expected = body.trim().split('\n')
        const missing = (): string[] => expected.filter((line) => !output.includes(line))
        for (let tries = 0; missing().length > 0 && tries < 60; tries++) {
          await sleep(500)
          output = await again()
        }
        assert.deepEqual(missing(), [], output)
      }
    }
  } finally {
    running.abort()
    await platform
  }
})
