import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { makeProject, startPlatformProcess, type PlatformProcess } from '../../support/platform-process.ts'
import { noPython, runPython } from '../../support/python.ts'
import { tempFolder } from '../../support/temp-folder.ts'

/** A running platform that outside engines connect to. */
export interface IcebergWorld {
  readonly platform: PlatformProcess
  readonly stateFolder: string
  /** Runs a Python program that is given the catalog's `uri` and a `token`. */
  python<Result>(program: string, given?: object): Promise<Result>
  /** Holds what a Python program found in a table against what our SQL finds: one statement, in which `t` stands for the table. */
  agrees(table: string, found: Found): Promise<void>
}

/** Rows of a statement over what an outside engine read, as text. */
export interface Found {
  readonly sql: string
  readonly rows: readonly (readonly (string | null)[])[]
}

/** Part of a Python program: \`found(rows, sql)\` runs a statement over an Arrow table \`t\`, all of whose columns are text. */
export const foundBy = `
import duckdb
def found(t, sql):
    db = duckdb.connect()
    db.sql("set timezone = 'UTC'")
    db.register('t', t)
    return {'sql': sql, 'rows': db.sql(sql).fetchall()}
`

/** Starts a platform on a project before the tests of a file, and stops it after them. */
export function icebergWorld(files: Readonly<Record<string, string>>): IcebergWorld {
  let platform: PlatformProcess
  let token: string
  const folder = tempFolder()
  before(async () => {
    if (noPython) return
    await makeProject(folder.path, files)
    platform = await startPlatformProcess(folder.path)
    ;({ token } = await platform.api.send<{ token: string }>('POST', 'tokens', {
      name: 'engine',
      role: 'admin',
      team: null,
    }))
  })
  after(async () => {
    if (!noPython) await platform[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  })
  return {
    get platform() {
      return platform
    },
    stateFolder: join(folder.path, '.nacre'),
    python: (program, given = {}) =>
      runPython(program, { uri: `${platform.api.url}/iceberg`, token, ...given }),
    async agrees(table, { sql, rows }) {
      assert.deepEqual(
        await platform.sql(sql.replace(/\bfrom t\b/, `from ${table}`)),
        rows,
        `${table}: ${sql}`,
      )
    },
  }
}
