import { NacreError } from '../../base/index.ts'
import type { MetadataRequirement } from '../../tables/index.ts'

/** What an operation is about. */
export type Subject = 'Namespace' | 'Table' | 'View'

/** What the reference implementation says of a requirement that does not hold. */
const failures: Readonly<Record<MetadataRequirement['type'], string>> = {
  'assert-create': 'table already exists',
  'assert-table-uuid': 'UUID does not match',
  'assert-ref-snapshot-id': 'branch or tag has changed',
  'assert-current-schema-id': 'current schema changed',
  'assert-last-assigned-field-id': 'last assigned field id changed',
  'assert-last-assigned-partition-id': 'last assigned partition id changed',
  'assert-default-spec-id': 'default partition spec changed',
  'assert-default-sort-order-id': 'default sort order changed',
}

/** Renames, and tells of a name that is taken as the reference implementation does. */
export async function inRenameWords(
  { from, to }: { from: string; to: string },
  rename: () => Promise<void>,
): Promise<void> {
  try {
    await rename()
  } catch (error) {
    const taken = error instanceof NacreError && /^(Table|View) '[^']+' exists already/.exec(error.message)
    if (!taken) throw error
    throw new NacreError(
      'NACRE_CONFLICT',
      `Cannot rename ${from} to ${to}. ${taken[1]} already exists. Choose another name.`,
      { cause: error },
    )
  }
}

/**
 * An error's message with the words first that the reference implementation uses: its compatibility kit, and some engines, look for
 * them.
 */
export function referenceWords({ message, details }: NacreError, subject: Subject): string {
  const requirement = details['requirement'] as MetadataRequirement['type'] | undefined
  if (requirement !== undefined) return `Requirement failed: ${failures[requirement]}. ${message}`
  return message
    .replace(/^(\w+) '([^']+)' does not exist(\.$)?/, '$1 does not exist: $2')
    .replace(
      /^(\w+) '([^']+)' exists already\b/,
      (_all, kind: string, name: string) =>
        `${kind} ${kind === subject ? '' : 'with same name '}already exists: ${name}`,
    )
}
