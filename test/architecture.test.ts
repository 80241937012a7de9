import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

/** The areas of src/, bottom row first. A file may import its own area and any lower row, each by its index. */
const rows = [
  ['base'],
  ['settings', 'storage', 'database', 'avro', 'sql', 'bundles'],
  ['tables'],
  ['publish', 'engines', 'executors', 'jobs'],
  ['events', 'models', 'recommend'],
  ['apps'],
  ['runner'],
  ['sdk'],
  ['platform'],
  ['server'],
  ['cli'],
  ['bin'],
]

/** The folders that may name each third-party package: one, but for the schema library that writes contracts. */
const owners: Readonly<Record<string, readonly string[]>> = {
  '@duckdb/node-api': ['src/engines/duckdb'],
  '@duckdb/node-bindings': ['src/engines/duckdb'],
  '@electric-sql/pglite': ['src/database'],
  pg: ['src/database'],
  avsc: ['src/avro'],
  aws4fetch: ['src/storage'],
  'fast-xml-parser': ['src/storage', 'src/server'],
  pino: ['src/base'],
  croner: ['src/jobs'],
  'temporal-polyfill': ['src/jobs'],
  'rabbitmq-client': ['src/publish/rabbitmq'],
  '@malloydata/malloy': ['src/models/malloy'],
  '@malloydata/malloy-interfaces': ['src/models/malloy'],
  '@malloydata/malloy-filter': ['src/models/malloy'],
  '@malloydata/malloy-tag': ['src/models/malloy'],
  typebox: ['src/events', 'src/server', 'src/sdk'],
  esbuild: ['src/apps'],
  'tar-stream': ['src/bundles'],
  fastify: ['src/server'],
  '@fastify/static': ['src/server'],
  '@fastify/swagger': ['src/server'],
  '@fastify/rate-limit': ['src/server'],
  'prom-client': ['src/server'],
}

const rank = new Map(rows.flatMap((row, height) => row.map((area) => [area, height] as const)))
const areaOf = (path: string): string => path.split('/')[1] ?? ''

interface Import {
  readonly file: string
  readonly specifier: string
  readonly target: string
}

/** The formatter fixes the form of imports, so that the start of a line tells them from text. */
const importForm = /^(?:(?:import|export) [^'`\n]*from |\} from |import |[^'`\n]*\bimport\()'([^']+)'/gm

function importsOf(pattern: string): Import[] {
  return globSync(pattern, { exclude: (path) => path.includes('node_modules') }).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(importForm)].map(([, specifier]) => ({
      file,
      specifier: specifier!,
      target: join(dirname(file), specifier!),
    })),
  )
}

const sources = importsOf('src/**/*.ts')

test('the architecture test reads the source', () => {
  assert.ok(new Set(sources.map(({ file }) => file)).size > 50)
  for (const { file } of sources) assert.ok(rank.has(areaOf(file)), `${file} is in no area of the list`)
})

test('imports point down, and enter another area by its index', () => {
  const wrong = sources
    .filter(({ file, specifier, target }) => specifier.startsWith('.') && areaOf(file) !== areaOf(target))
    .filter(
      ({ file, target }) =>
        !(rank.get(areaOf(target))! < rank.get(areaOf(file))!) || target !== `src/${areaOf(target)}/index.ts`,
    )
    .map(({ file, target }) => `${file} imports ${target}`)
  assert.deepEqual(wrong, [])
})

test('each third-party package has its home', () => {
  const wrong = sources
    .filter(({ specifier }) => !/^(\.|node:)/.test(specifier))
    .filter(({ file, specifier }) => {
      const name = specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/')
      return !owners[name]?.some((home) => file.startsWith(`${home}/`))
    })
    .map(({ file, specifier }) => `${file} imports ${specifier}`)
  assert.deepEqual(wrong, [])
})

test('the web app knows the server by its contract only', () => {
  const wrong = importsOf('web/**/*.{ts,tsx}')
    .filter(({ target }) => target.startsWith('src/') && target !== 'src/server/contract.ts')
    .map(({ file, target }) => `${file} imports ${target}`)
  assert.deepEqual(wrong, [])
})

test('examples use public imports only', () => {
  const wrong = importsOf('examples/**/*.ts')
    .filter(({ target, specifier }) => specifier.startsWith('.') && !target.startsWith('examples/'))
    .map(({ file, target }) => `${file} imports ${target}`)
  assert.deepEqual(wrong, [])
})
