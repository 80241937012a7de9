export { avroTypeOf, type AvroSchema, type AvroType } from './avro-type.ts'
export {
  dateOfDays,
  daysOfDate,
  microsOfTime,
  microsOfTimestamp,
  timeOfMicros,
  timestampOfMicros,
} from './calendar-text.ts'
export type { AvroCodec } from './container-format.ts'
export {
  decimalOfUnscaled,
  twosComplementOf,
  unscaledOfDecimal,
  valueOfTwosComplement,
} from './decimal-bytes.ts'
export { decodeAvro, readAvro, type AvroHeader } from './read-container.ts'
export { encodeAvro, writeAvro, type AvroFileOptions } from './write-container.ts'
