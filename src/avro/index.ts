export type { AvroSchema, AvroType } from './avro-type.ts'
export type { AvroBlock } from './block-buffer.ts'
export {
  dateOfDays,
  daysOfDate,
  microsOfTime,
  microsOfTimestamp,
  timeOfMicros,
  timestampOfMicros,
} from './calendar-text.ts'
export type { Column, ColumnBatch, ColumnValues } from './column.ts'
export type { AvroCodec } from './container-format.ts'
export {
  decimalOfUnscaled,
  twosComplementOf,
  unscaledOfDecimal,
  valueOfTwosComplement,
} from './decimal-bytes.ts'
export { whyUnreadable } from './can-read.ts'
export { decodeAvro, readAvro, type AvroHeader, type ReadAvroOptions } from './read-container.ts'
export {
  avroHeader,
  columnBlocks,
  encodeAvro,
  frameBlock,
  rowBlocks,
  writeAvro,
  type AvroBlockOptions,
  type AvroFileOptions,
  type AvroHeaderOptions,
} from './write-container.ts'
