import { NacreError } from '../../base/index.ts'
import type { Database, Queryable, Transaction } from '../../database/index.ts'
import { lockNames } from './catalog-rows.ts'
import type { IcebergCatalog, NamePage, PageRequest } from './iceberg-catalog.ts'
import { refuse } from '../metadata/refuse.ts'
import { namespaceName, notFound } from './table-names.ts'

type Properties = Readonly<Record<string, string>>

type NamespaceOperations = Pick<
  IcebergCatalog,
  'listNamespaces' | 'loadNamespace' | 'createNamespace' | 'updateNamespace' | 'dropNamespace'
>

/** Namespaces: those that were made, and those that hold a table, a view or another namespace without having been made. */
export function openNamespaces(database: Database): NamespaceOperations {
  return {
    async listNamespaces(parent) {
      if (parent.length > 0) await requireNamespace(database, namespaceName(parent))
      const depth = parent.length
      const children = (await selectNames(database))
        .map((name) => name.split('.'))
        .filter((levels) => levels.length > depth && parent.every((level, index) => levels[index] === level))
        .map((levels) => levels[depth]!)
      return [...new Set(children)].toSorted().map((child) => [...parent, child])
    },

    async loadNamespace(namespace) {
      const name = namespaceName(namespace)
      await requireNamespace(database, name)
      return (await selectProperties(database, name)) ?? {}
    },

    createNamespace: (namespace, properties) =>
      database.transaction(async (transaction) => {
        const name = namespaceName(namespace)
        await lockNames(transaction)
        if (await hasNamespace(transaction, name))
          throw new NacreError('NACRE_CONFLICT', `Namespace '${name}' exists already.`)
        await upsertProperties(transaction, name, properties)
      }),

    updateNamespace: (namespace, { removals, updates }) =>
      database.transaction(async (transaction) => {
        const name = namespaceName(namespace)
        const both = removals.find((key) => Object.hasOwn(updates, key))
        if (both !== undefined)
          refuse(`Property '${both}' of '${name}' is both set and removed. Do one of both.`)
        await lockNames(transaction)
        await requireNamespace(transaction, name)
        const present = (await selectProperties(transaction, name)) ?? {}
        const removed = removals.filter((key) => Object.hasOwn(present, key))
        const kept = Object.entries(present).filter(([key]) => !removals.includes(key))
        await upsertProperties(transaction, name, { ...Object.fromEntries(kept), ...updates })
        const missing = removals.filter((key) => !Object.hasOwn(present, key))
        return { updated: Object.keys(updates), removed, missing }
      }),

    dropNamespace: (namespace) =>
      database.transaction(async (transaction) => {
        const name = namespaceName(namespace)
        await lockNames(transaction)
        await requireNamespace(transaction, name)
        const held = (await selectHeld(transaction, name))[0]
        if (held !== undefined)
          throw new NacreError(
            'NACRE_CONFLICT',
            `Namespace '${name}' is not empty: it holds '${held}'. Drop what it holds first.`,
            { details: { isNotEmpty: true } },
          )
        await transaction.query('delete from catalog_namespace where name = $1', [name])
      }),
  }
}

/** Throws NACRE_NOT_FOUND. */
export async function requireNamespace(database: Queryable, name: string): Promise<void> {
  if (!(await hasNamespace(database, name))) throw notFound('Namespace', name)
}

/** A page of the names directly in a namespace, in order. */
export async function selectPage(
  database: Queryable,
  relation: 'catalog_table' | 'catalog_view',
  namespace: string,
  { after, limit }: PageRequest,
): Promise<NamePage> {
  const rows = await database.query<{ name: string }>(
    `select name from ${relation}
     where starts_with(name, $1 || '.') and strpos(substr(name, length($1) + 2), '.') = 0
       and name collate "C" > $2 collate "C"
     order by name collate "C"
     limit $3`,
    [namespace, after ?? '', limit === undefined ? null : limit + 1],
  )
  const names = rows.map(({ name }) => name).slice(0, limit)
  return { names, next: rows.length > names.length ? names.at(-1)! : null }
}

async function hasNamespace(database: Queryable, name: string): Promise<boolean> {
  return (
    (await selectProperties(database, name)) !== undefined || (await selectHeld(database, name)).length > 0
  )
}

async function selectProperties(database: Queryable, name: string): Promise<Properties | undefined> {
  const rows = await database.query<{ properties: Properties }>(
    'select properties from catalog_namespace where name = $1',
    [name],
  )
  return rows[0]?.properties
}

async function upsertProperties(
  transaction: Transaction,
  name: string,
  properties: Properties,
): Promise<void> {
  await transaction.query(
    `insert into catalog_namespace (name, properties) values ($1, $2)
     on conflict (name) do update set properties = excluded.properties`,
    [name, JSON.stringify(properties)],
  )
}

/** One name of a table, view or namespace that a namespace holds, at any depth. */
async function selectHeld(database: Queryable, name: string): Promise<readonly string[]> {
  const rows = await database.query<{ name: string }>(
    `select name from (
       select name from catalog_table
       union all select name from catalog_view
       union all select name from catalog_namespace) as held
     where starts_with(name, $1 || '.')
     limit 1`,
    [name],
  )
  return rows.map((row) => row.name)
}

/** Every namespace by its full name; those that only hold others are told by them. */
async function selectNames(database: Queryable): Promise<readonly string[]> {
  const rows = await database.query<{ name: string }>(
    `select name from catalog_namespace
     union select regexp_replace(name, '\\.[^.]*$', '') from catalog_table
     union select regexp_replace(name, '\\.[^.]*$', '') from catalog_view`,
  )
  return rows.map((row) => row.name)
}
