import avsc from 'avsc'
import type { AvroSchema } from './avro-type.ts'

/**
 * Whether data written with one schema can be read with another, by Avro's schema resolution
 * (https://avro.apache.org/docs/1.12.0/specification/#schema-resolution): null when so, else what stands in the way.
 */
export function whyUnreadable(reader: AvroSchema, writer: AvroSchema): string | null {
  try {
    typeOf(reader).createResolver(typeOf(writer))
    return null
  } catch (error) {
    return (error as Error).message
  }
}

/** Logical types are left out: resolution is of what is stored. */
function typeOf(schema: AvroSchema): avsc.Type {
  return avsc.Type.forSchema(schema as avsc.schema.AvroSchema)
}
