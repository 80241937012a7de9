import { NacreError } from '../../base/index.ts'
import type { Namespace } from '../../tables/index.ts'

/** Joins the levels of a namespace in a path or query; clients learn it from the configuration. */
export const namespaceSeparator = '\u001f'

/** A table or view as bodies name it. */
export interface Identifier {
  readonly namespace: readonly string[]
  readonly name: string
}

/** The namespace that a path or query names; no levels when it names none. */
export function readNamespace(text: string | undefined): Namespace {
  return text === undefined || text === '' ? [] : checkLevels(text.split(namespaceSeparator))
}

/** The full name of a table or view, levels joined by `.`. */
export function fullName({ namespace, name }: Identifier): string {
  return [...checkLevels(namespace), ...checkLevels([name])].join('.')
}

/** The namespace that holds a table or view. */
export function namespaceOf(name: string): Namespace {
  return name.split('.').slice(0, -1)
}

/** Tables or views of one namespace as bodies name them. */
export function identifiers(namespace: Namespace, fullNames: readonly string[]): readonly Identifier[] {
  return fullNames.map((full) => ({ namespace, name: full.slice(full.lastIndexOf('.') + 1) }))
}

/** Throws NACRE_INPUT for no levels, and for one that could be taken for two or could not be the name of a folder. */
export function checkLevels(levels: readonly string[]): Namespace {
  const wrong = levels.length === 0 ? '' : levels.find((level) => !/^[A-Za-z0-9_-]{1,100}$/.test(level))
  if (wrong === undefined) return levels
  throw new NacreError(
    'NACRE_INPUT',
    `'${wrong}' cannot be a level of a name: use 1 to 100 letters, digits, '_' or '-'.`,
  )
}
