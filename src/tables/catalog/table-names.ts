import { NacreError } from '../../base/index.ts'
import type { Namespace } from './iceberg-catalog.ts'
import { refuse } from '../metadata/refuse.ts'

/** A full name's parts: all but the last level, and the last. */
export function splitName(name: string): { readonly namespace: string; readonly table: string } {
  const split = name.lastIndexOf('.')
  return { namespace: name.slice(0, Math.max(0, split)), table: name.slice(split + 1) }
}

const level = /^[A-Za-z0-9_-]+$/

/** The full name of a namespace. Throws NACRE_INPUT for a level that is not of letters, digits, `_` and `-`. */
export function namespaceName(namespace: Namespace): string {
  for (const part of namespace)
    if (!level.test(part))
      refuse(`Namespace level '${part}' must be of letters, digits, '_' and '-'. Rename it.`)
  return namespace.length > 0 ? namespace.join('.') : refuse('A namespace needs at least one level.')
}

/** Throws NACRE_INPUT for a name that no table or view can have. */
export function requireTableName(name: string): void {
  const parts = name.split('.')
  const wrong = parts.find((part) => !level.test(part))
  if (wrong !== undefined)
    refuse(
      `Name '${name}' has the part '${wrong}', which is not of letters, digits, '_' and '-'. Choose another name.`,
    )
  if (parts.length < 2) refuse(`Name '${name}' has no namespace. Write 'namespace.name'.`)
}

/** What is missing, in the words of the specification's errors. */
export function notFound(subject: 'Namespace' | 'Table' | 'View', name: string, hint = ''): NacreError {
  return new NacreError('NACRE_NOT_FOUND', `${subject} '${name}' does not exist.${hint}`, {
    details: { subject, [subject.toLowerCase()]: name },
  })
}
