import { randomUUID } from 'node:crypto'
import { PGlite } from '@electric-sql/pglite'
import { openPGlite } from '../../src/database/pglite-database.ts'
import { migrate, openDatabase, type Database, type Migration } from '../../src/database/index.ts'

/** A kind of database that state tests loop over. */
export interface DatabaseKind {
  readonly name: 'pglite' | 'postgres'
  /** Why it cannot be used here; give it to node:test as `skip`. */
  readonly skip: string | false
  /** An empty database with the migrations applied; dispose it. */
  open(migrations: readonly Migration[]): Promise<Database>
}

let emptyState: Promise<Blob> | undefined

async function dumpEmptyState(): Promise<Blob> {
  const pglite = await PGlite.create()
  const dump = await pglite.dumpDataDir('none')
  await pglite.close()
  return dump
}

const url = process.env['NACRE_TEST_POSTGRES_URL']

/** PGlite in memory, and a PostgreSQL server when NACRE_TEST_POSTGRES_URL names one (`npm test` starts it). */
export const databases: readonly DatabaseKind[] = [
  {
    name: 'pglite',
    skip: false,
    async open(migrations) {
      emptyState ??= dumpEmptyState()
      const database = await openPGlite(undefined, { initialState: await emptyState })
      await migrate(database, migrations)
      return database
    },
  },
  {
    name: 'postgres',
    skip: url === undefined ? 'NACRE_TEST_POSTGRES_URL names no server' : false,
    async open(migrations) {
      const name = `nacre_${randomUUID().replaceAll('-', '')}`
      const admin = await openDatabase({ url: url! })
      await admin.query(`create database ${name}`)
      const database = await openDatabase({ url: new URL(`/${name}`, url).href })
      await migrate(database, migrations)
      return {
        kind: database.kind,
        query: (text, parameters) => database.query(text, parameters),
        transaction: (work) => database.transaction(work),
        async [Symbol.asyncDispose]() {
          await database[Symbol.asyncDispose]()
          await admin.query(`drop database ${name} with (force)`)
          await admin[Symbol.asyncDispose]()
        },
      }
    },
  },
]
