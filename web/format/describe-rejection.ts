/** Codes of rejections in words. `schema_…` carries the JSON Schema keyword that was broken. */
const reasons: Readonly<Record<string, string>> = {
  malformed: 'is not an event as JSON',
  unknown_key: 'came with a write key nobody knows',
  unknown_type: 'is of a type that does not exist',
  unknown_event: 'is declared by no app',
  missing_identity: 'names neither a user nor an anonymous id',
  too_many_in_batch: 'came in a batch of too many',
  too_large: 'is too large',
  out_of_range: 'has a value no column can hold',
  schema_required: 'lacks a property it must have',
  schema_type: 'has a property of the wrong type',
  schema_enum: 'has a value that is none of those allowed',
}

/** Why events were rejected, as the rest of a sentence that begins with their name. */
export function describeRejection(code: string): string {
  return reasons[code] ?? `breaks its contract: ${code.replace(/^schema_/, '').replaceAll('_', ' ')}`
}
