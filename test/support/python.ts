import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { parseLossless } from '../../src/base/index.ts'

const python = process.env['NACRE_TEST_PYTHON']

/** Why Python programs cannot be run here; give it to node:test as `skip`. */
export const noPython: string | false =
  python === undefined && 'NACRE_TEST_PYTHON names no Python with pyiceberg and duckdb'

/**
 * Runs a Python program and answers the last line it prints, as JSON; `given` is its variable of that name. Integers of 64 bits
 * stay exact. Throws with what it printed when it fails.
 */
export async function runPython<Result>(program: string, given: unknown = {}): Promise<Result> {
  const source = `import json, sys\ngiven = json.loads(sys.argv[1])\n${program}`
  try {
    const { stdout } = await promisify(execFile)(
      python!,
      ['-W', 'ignore', '-c', source, JSON.stringify(given)],
      { maxBuffer: 64 * 1024 ** 2, timeout: 300_000 },
    )
    return parseLossless(stdout.trim().split('\n').at(-1) ?? '') as Result
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`the Python program failed:\n${stdout}${stderr}`)
  }
}

/** Begins a program that uses PyIceberg: `catalog` is connected to the `uri` and `token` given. */
export const pyiceberg = `
from pyiceberg.catalog.rest import RestCatalog
catalog = RestCatalog('nacre', uri=given['uri'], token=given['token'])
`

/** Begins a program that uses DuckDB's own Iceberg extension: `db` has the catalog attached as \`nacre\`. */
export const duckdbIceberg = `
import duckdb, importlib.util, os
db = duckdb.connect(config={'allow_unsigned_extensions': 'true', 'autoinstall_known_extensions': 'false'})
for name in ['avro', 'httpfs', 'iceberg']:
    folder = importlib.util.find_spec('duckdb_extension_' + name).submodule_search_locations[0]
    db.load_extension(f'{folder}/extensions/v{duckdb.__version__}/{name}.duckdb_extension')
db.sql(f"create secret (type iceberg, token '{given['token']}')")
db.sql(f"attach '' as nacre (type iceberg, endpoint '{given['uri']}')")
`
