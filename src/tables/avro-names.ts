/**
 * A name Avro allows, made as Iceberg makes it: each character it does not allow becomes `_x` and its code in hex, a leading
 * digit gets `_` before it.
 */
export function avroName(name: string): string {
  return [...name]
    .map((character, index) => {
      if (/[A-Za-z_]/.test(character) || (index > 0 && /\d/.test(character))) return character
      if (/\d/.test(character)) return `_${character}`
      return `_x${character.codePointAt(0)!.toString(16).toUpperCase()}`
    })
    .join('')
}
