import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NacreError } from '../../base/index.ts'
import { quoteIdentifier, quoteString } from '../../sql/index.ts'
import type { IcebergType, Schema } from '../../tables/index.ts'
import { columnType, primitiveName } from './column-type.ts'
import type { Duckdb } from './duckdb.ts'

/**
 * Makes an in-memory table of rows given as JSON. They go through a file of one object a line: DuckDB reads that several
 * times faster than its driver appends values.
 */
export async function readRows(
  duckdb: Duckdb,
  table: string,
  schema: Schema,
  rows: readonly object[],
  scratchFolder: string = tmpdir(),
): Promise<void> {
  const lines = jsonLines(schema, rows)
  const longest = lines.reduce((length, line) => Math.max(length, line.length), 0)
  // DuckDB allocates twice this much at once, so it is no larger than needed; a UTF-16 unit is at most three bytes.
  const objectBytes = Math.max(2 ** 20, 3 * longest + 1)
  const columns = schema.fields.map(
    ({ name, type }) => `${quoteString(name)}: ${quoteString(jsonType(type))}`,
  )
  const casts = schema.fields.map(
    ({ name, type }) => `CAST(${quoteIdentifier(name)} AS ${columnType(type)}) AS ${quoteIdentifier(name)}`,
  )
  await mkdir(scratchFolder, { recursive: true })
  const folder = await mkdtemp(join(scratchFolder, 'nacre-rows-'))
  try {
    const file = join(folder, 'rows.json')
    await writeFile(file, lines.join('\n'))
    await duckdb.all('CREATE SCHEMA IF NOT EXISTS nacre_rows')
    await duckdb.all(
      `CREATE OR REPLACE TABLE ${table} AS SELECT ${casts.join(', ')} FROM read_json(${quoteString(file)}, format = 'newline_delimited', maximum_object_size = ${objectBytes}, columns = {${columns.join(', ')}})`,
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function jsonLines(schema: Schema, rows: readonly object[]): string[] {
  const known = new Set(schema.fields.map(({ name }) => name))
  return rows.map((row) => {
    for (const column in row)
      if (!known.has(column))
        throw new NacreError(
          'NACRE_INPUT',
          `A row has the column '${column}', which is not one of ${[...known].join(', ')}.`,
          {
            details: { column, known: [...known] },
          },
        )
    return JSON.stringify(row, jsonValue)
  })
}

/** Values that JSON has no form for, in the text that DuckDB casts to their type. */
function jsonValue(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'bigint') return String(value)
  // `value` is what toJSON made of a Buffer.
  const raw = this[key]
  return raw instanceof Uint8Array ? blobText(raw) : value
}

/** DuckDB's JSON reader takes the text of a blob for its bytes; a cast reads the escapes. */
function jsonType(type: IcebergType): string {
  return columnType(type, (primitive) => {
    const name = primitiveName(primitive)
    return name === 'BLOB' ? 'VARCHAR' : name
  })
}

function blobText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
}
