import {
  listOf,
  nullable,
  oneOf,
  readCount,
  readInteger,
  readLongId,
  readObject,
  readText,
  readTexts,
  readUuid,
  refuseValue,
  shape,
  type Reader,
} from './json-readers.ts'
import type { MetadataRequirement } from './metadata-requirements.ts'
import type { MetadataUpdate } from './metadata-updates.ts'
import { readSchema, readSortOrder, readSpec } from '../schema/parse-schema.ts'
import { refuse } from './refuse.ts'
import type { Snapshot, StatisticsFile } from './table-metadata.ts'

const readSnapshot: Reader<Snapshot> = (value, path) => {
  const { manifests } = readObject(value, path)
  if (manifests !== undefined)
    refuse(`'${path}' lists its manifests inline, which is format version 1. Write a manifest list.`)
  const snapshot = shape(
    {
      'snapshot-id': readLongId,
      'sequence-number': readCount,
      'timestamp-ms': readCount,
      'manifest-list': readText,
      summary: readTexts,
    },
    { 'parent-snapshot-id': readLongId, 'schema-id': readInteger },
  )(value, path)
  oneOf(
    'append',
    'replace',
    'overwrite',
    'delete',
  )(snapshot.summary['operation'], `${path}.summary.operation`)
  return snapshot
}

/** Statistics have more keys, which are kept as they are for the engine that reads them. */
const readStatistics: Reader<StatisticsFile> = (value, path) => ({
  ...readObject(value, path),
  ...shape({ 'snapshot-id': readLongId, 'statistics-path': readText, 'file-size-in-bytes': readCount })(
    value,
    path,
  ),
})

const readPositive: Reader<number> = (value, path) =>
  readCount(value, path) > 0 ? (value as number) : refuseValue(value, path, 'a whole number from 1')

type Fields<Union, Tag extends keyof Union> = {
  readonly [Name in Union[Tag] & string]: Reader<Omit<Extract<Union, { readonly [Key in Tag]: Name }>, Tag>>
}

const updateReaders: Fields<MetadataUpdate, 'action'> = {
  'assign-uuid': shape({ uuid: readUuid }),
  'upgrade-format-version': shape({ 'format-version': readInteger }),
  'add-schema': shape({ schema: readSchema }),
  'set-current-schema': shape({ 'schema-id': readInteger }),
  'add-spec': shape({ spec: readSpec }),
  'set-default-spec': shape({ 'spec-id': readInteger }),
  'add-sort-order': shape({ 'sort-order': readSortOrder }),
  'set-default-sort-order': shape({ 'sort-order-id': readInteger }),
  'add-snapshot': shape({ snapshot: readSnapshot }),
  'set-snapshot-ref': shape(
    { 'ref-name': readText, type: oneOf('branch', 'tag'), 'snapshot-id': readLongId },
    {
      'min-snapshots-to-keep': readPositive,
      'max-snapshot-age-ms': readPositive,
      'max-ref-age-ms': readPositive,
    },
  ),
  'remove-snapshot-ref': shape({ 'ref-name': readText }),
  'remove-snapshots': shape({ 'snapshot-ids': listOf(readLongId) }),
  'set-location': shape({ location: readText }),
  'set-properties': (value, path) => {
    // Older engines send the key `updated`.
    const { updates, updated } = readObject(value, path)
    return { updates: readTexts(updates ?? updated, `${path}.updates`) }
  },
  'remove-properties': (value, path) => {
    const { removals, removed } = readObject(value, path)
    return { removals: listOf(readText)(removals ?? removed, `${path}.removals`) }
  },
  'set-statistics': shape({ statistics: readStatistics }),
  'remove-statistics': shape({ 'snapshot-id': readLongId }),
  'set-partition-statistics': shape({ 'partition-statistics': readStatistics }),
  'remove-partition-statistics': shape({ 'snapshot-id': readLongId }),
  'remove-partition-specs': shape({ 'spec-ids': listOf(readInteger) }),
  'remove-schemas': shape({ 'schema-ids': listOf(readInteger) }),
}

const requirementReaders: Fields<MetadataRequirement, 'type'> = {
  'assert-create': () => ({}),
  'assert-table-uuid': shape({ uuid: readUuid }),
  'assert-ref-snapshot-id': (value, path) => ({
    ...shape({ ref: readText })(value, path),
    'snapshot-id': nullable(readLongId)(readObject(value, path)['snapshot-id'], `${path}.snapshot-id`),
  }),
  'assert-last-assigned-field-id': shape({ 'last-assigned-field-id': readInteger }),
  'assert-current-schema-id': shape({ 'current-schema-id': readInteger }),
  'assert-last-assigned-partition-id': shape({ 'last-assigned-partition-id': readInteger }),
  'assert-default-spec-id': shape({ 'default-spec-id': readInteger }),
  'assert-default-sort-order-id': shape({ 'default-sort-order-id': readInteger }),
}

/** Reads the updates of an untrusted commit, read with `parseLossless`. Throws NACRE_INPUT naming an update that does not exist or the value that is wrong. */
export function parseTableUpdates(json: unknown): readonly MetadataUpdate[] {
  return listOf(tagged('action', 'update', updateReaders))(json, 'updates') as readonly MetadataUpdate[]
}

/** Reads the requirements of an untrusted commit; as {@link parseTableUpdates}. */
export function parseRequirements(json: unknown): readonly MetadataRequirement[] {
  return listOf(tagged('type', 'requirement', requirementReaders))(
    json,
    'requirements',
  ) as readonly MetadataRequirement[]
}

/** Reads an object by the reader that its tag names. */
export function tagged(
  tag: string,
  what: string,
  readers: Readonly<Record<string, Reader<object>>>,
): Reader<object> {
  return (value, path) => {
    const name = readText(readObject(value, path)[tag], `${path}.${tag}`)
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined
    if (!reader)
      return refuse(
        `'${path}' is ${what} '${name}', which is not supported. Supported are ${Object.keys(readers).join(', ')}.`,
      )
    return { [tag]: name, ...reader(value, path) }
  }
}
