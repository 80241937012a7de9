import pg from 'pg'
import { NacreError } from '../base/index.ts'
import type { Database, SqlParameter, Transaction } from './database.ts'

const { builtins, getTypeParser } = pg.types

/** Same JavaScript types as {@link openPGlite} gives; see Queryable.query. */
const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  [builtins.INT8]: BigInt,
  [builtins.DATE]: (text) => text,
}

/** Connects to a PostgreSQL server (13 or newer). Throws NACRE_UNAVAILABLE when it does not answer. */
export async function openPostgres(url: string): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 10_000,
    types: {
      getTypeParser: ((oid: number, format: 'text') =>
        parsers[oid] ?? getTypeParser(oid, format)) as typeof getTypeParser,
    },
  })
  // An idle connection that breaks is replaced by the pool; a running query reports its own failure.
  pool.on('error', () => undefined)
  try {
    await pool.query('select 1')
  } catch (error) {
    await pool.end()
    const shown = url.replace(/\/\/[^@/]*@/, '//***@')
    throw new NacreError(
      'NACRE_UNAVAILABLE',
      `PostgreSQL at ${shown} does not answer: ${(error as Error).message}. Check NACRE_DATABASE_URL and that the server runs.`,
      { cause: error },
    )
  }
  const bind = (parameters: readonly SqlParameter[] = []): unknown[] => parameters.map(toPg)
  return {
    kind: 'postgres',
    query: async <Row extends object>(text: string, parameters?: readonly SqlParameter[]) =>
      (await pool.query(text, bind(parameters))).rows as Row[],
    async transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
      const client = await pool.connect()
      let broken: Error | undefined
      try {
        await client.query('begin')
        const result = await work({
          inTransaction: true,
          query: async <Row extends object>(text: string, parameters?: readonly SqlParameter[]) =>
            (await client.query(text, bind(parameters))).rows as Row[],
        })
        await client.query('commit')
        return result
      } catch (error) {
        await client.query('rollback').catch((failure: Error) => (broken = failure))
        throw error
      } finally {
        client.release(broken)
      }
    },
    [Symbol.asyncDispose]: () => pool.end(),
  }
}

/** pg wants Buffer for bytea and text for bigint; arrays are converted element by element. */
function toPg(value: SqlParameter): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (Array.isArray(value)) return value.map(toPg)
  return value
}
