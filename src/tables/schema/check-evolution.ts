import { decimalShape } from './primitive-codec.ts'
import { refuse } from '../metadata/refuse.ts'
import type { IcebergType } from './schema.ts'
import { placedFieldsOf } from './schema-fields.ts'
import { currentSchema, currentSnapshot, type TableMetadata } from '../metadata/table-metadata.ts'
import { typeText } from './type-text.ts'

/**
 * Throws NACRE_INPUT naming the field when rows written before could not be read by the schema after: an id that gets another
 * type or place, or a field that is required where rows may lack it.
 */
export function checkEvolution(before: TableMetadata, after: TableMetadata): void {
  const present = currentSchema(before)
  const wanted = currentSchema(after)
  if (present === wanted) return
  const wantedFields = placedFieldsOf(wanted)
  for (const schema of before.schemas) {
    for (const [id, field] of placedFieldsOf(schema)) {
      const next = wantedFields.get(id)
      if (!next) continue
      if (next.parent !== field.parent)
        refuse(
          `Field '${next.path}' has id ${id}, which belongs to '${field.path}'. Give it a new id above ${before['last-column-id']}.`,
        )
      // A schema that was left behind may have been narrower or wider; the current one may only be widened.
      const isKept =
        canWiden(field.type, next.type) || (schema !== present && canWiden(next.type, field.type))
      if (!isKept)
        refuse(
          `Field '${next.path}' (id ${id}) is ${typeText(field.type)} and cannot become ${typeText(next.type)}: types only widen (int to long, float to double, decimal precision). Add a field with a new id.`,
        )
    }
  }
  if (before.snapshots.length === 0 || isReplaced(before, after)) return
  const presentFields = placedFieldsOf(present)
  for (const [id, field] of wantedFields) {
    const known = presentFields.get(id)
    const isNewBelowKnown = field.parent !== undefined && !presentFields.has(field.parent)
    if (field.required && !isNewBelowKnown && !known?.required)
      refuse(
        `Field '${field.path}' cannot be required: the table holds rows that may lack it. Make it optional.`,
      )
  }
}

/** Whether the table's rows are all new: its current snapshot builds on none that was there before. */
function isReplaced(before: TableMetadata, after: TableMetadata): boolean {
  const current = currentSnapshot(after)
  return current?.['parent-snapshot-id'] === undefined && !before.snapshots.includes(current!)
}

/** Whether every value of the type keeps its meaning in the other. Ids inside are compared one by one. */
function canWiden(from: IcebergType, to: IcebergType): boolean {
  if (typeof from !== 'string' || typeof to !== 'string')
    return typeof from !== 'string' && typeof to !== 'string' && from.type === to.type
  if (from.replaceAll(' ', '') === to.replaceAll(' ', '')) return true
  if ((from === 'int' && to === 'long') || (from === 'float' && to === 'double')) return true
  const [one, other] = [decimalShape(from), decimalShape(to)]
  return !!one && !!other && one.scale === other.scale && one.precision <= other.precision
}
