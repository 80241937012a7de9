import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import type { ObjectStorage } from '../../src/storage/index.ts'

const python = process.env['NACRE_TEST_PYTHON']

/** An S3-compatible object storage of somebody else's making, on this machine. */
export interface ForeignObjectStorage extends AsyncDisposable {
  readonly storage: ObjectStorage
  /** A bucket that is there, as `s3://…`. */
  readonly bucket: string
  /** Keys that are in the bucket. */
  keys(): Promise<readonly string[]>
}

/** Why there is none here; give it to node:test as `skip`. */
export const noObjectStorage: string | false =
  python === undefined && 'NACRE_TEST_PYTHON names no Python with moto'

/** Starts moto's server, from the Python environment of the tests. */
export async function startObjectStorage(): Promise<ForeignObjectStorage> {
  const port = await freePort()
  const child = spawn(python!, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
  })
  const endpoint = `http://127.0.0.1:${port}`
  const bucket = `${endpoint}/tables`
  while (
    !(await fetch(bucket, { method: 'PUT' }).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`moto ended with ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return {
    storage: {
      endpoint,
      region: 'us-east-1',
      accessKeyId: 'test',
      secretAccessKey: 'secret',
      pathStyle: true,
    },
    bucket: 's3://tables',
    async keys() {
      const listing = await (await fetch(`${bucket}?list-type=2`)).text()
      return [...listing.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key!)
    },
    async [Symbol.asyncDispose]() {
      child.kill()
      await once(child, 'exit')
    },
  }
}

/** The folder of DuckDB's extension httpfs, which comes as a Python package. */
export function extensionFolder(name = 'httpfs'): string {
  const script = `import duckdb_extension_${name} as package, pathlib; print(next(pathlib.Path(package.__file__).parent.rglob('*.duckdb_extension')))`
  return dirname(execFileSync(python!, ['-c', script]).toString().trim())
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
