import { isDeepStrictEqual } from 'node:util'
import { NacreError } from '../../base/index.ts'
import {
  listOf,
  oneOf,
  readCount,
  readInteger,
  readObject,
  readText,
  readTexts,
  readUuid,
  shape,
  type Reader,
} from '../metadata/json-readers.ts'
import { readSchema } from '../schema/parse-schema.ts'
import { tagged } from '../metadata/parse-updates.ts'
import { refuse } from '../metadata/refuse.ts'
import type { Schema } from '../schema/schema.ts'

// The file of a view, key by key: https://iceberg.apache.org/view-spec/#view-metadata

/** What a view was at one time: its query in one or more dialects. */
export interface ViewVersion {
  readonly 'version-id': number
  readonly 'schema-id': number
  readonly 'timestamp-ms': number
  readonly summary: Readonly<Record<string, string>>
  readonly representations: readonly {
    readonly type: 'sql'
    readonly sql: string
    readonly dialect: string
  }[]
  readonly 'default-catalog'?: string
  readonly 'default-namespace': readonly string[]
}

/** A view. Never changed in place: every commit writes a new one. */
export interface ViewMetadata {
  readonly 'view-uuid': string
  readonly 'format-version': 1
  readonly location: string
  readonly schemas: readonly Schema[]
  readonly 'current-version-id': number
  readonly versions: readonly ViewVersion[]
  readonly 'version-log': readonly { readonly 'timestamp-ms': number; readonly 'version-id': number }[]
  readonly properties: Readonly<Record<string, string>>
}

type ViewUpdate =
  | { readonly action: 'assign-uuid'; readonly uuid: string }
  | { readonly action: 'upgrade-format-version'; readonly 'format-version': number }
  | { readonly action: 'add-schema'; readonly schema: Schema }
  | { readonly action: 'set-location'; readonly location: string }
  | { readonly action: 'set-properties'; readonly updates: Readonly<Record<string, string>> }
  | { readonly action: 'remove-properties'; readonly removals: readonly string[] }
  | { readonly action: 'add-view-version'; readonly 'view-version': ViewVersion }
  | { readonly action: 'set-current-view-version'; readonly 'view-version-id': number }

const readVersion: Reader<ViewVersion> = (value, path) => {
  const version = shape(
    {
      'version-id': readInteger,
      'schema-id': readInteger,
      'timestamp-ms': readCount,
      summary: readTexts,
      representations: listOf(shape({ type: oneOf('sql'), sql: readText, dialect: readText })),
      'default-namespace': listOf(readText),
    },
    { 'default-catalog': readText },
  )(value, path)
  const dialects = version.representations.map(({ dialect }) => dialect.toLowerCase())
  if (dialects.length === 0) refuse(`'${path}' has no representation. Give its SQL.`)
  const twice = dialects.find((dialect, index) => dialects.indexOf(dialect) < index)
  // The reference implementation's words.
  if (twice !== undefined)
    refuse(
      `Invalid view version: Cannot add multiple queries for dialect ${twice}. Give one of each dialect.`,
    )
  return version
}

const updateReaders: Readonly<Record<ViewUpdate['action'], Reader<object>>> = {
  'assign-uuid': shape({ uuid: readUuid }),
  'upgrade-format-version': shape({ 'format-version': readInteger }),
  'add-schema': shape({ schema: readSchema }),
  'set-location': shape({ location: readText }),
  'set-properties': shape({ updates: readTexts }),
  'remove-properties': shape({ removals: listOf(readText) }),
  'add-view-version': shape({ 'view-version': readVersion }),
  'set-current-view-version': shape({ 'view-version-id': readInteger }),
}

const requirementReaders = { 'assert-view-uuid': shape({ uuid: readUuid }) }

/** Reads the updates of an untrusted commit of a view. Throws NACRE_INPUT. */
export function parseViewUpdates(json: unknown): readonly ViewUpdate[] {
  return listOf(tagged('action', 'update', updateReaders))(json, 'updates') as readonly ViewUpdate[]
}

/** Throws NACRE_INPUT for a requirement that does not exist, NACRE_COMMIT_CONFLICT for one that does not hold. */
export function checkViewRequirements(metadata: ViewMetadata, json: unknown): void {
  const requirements = listOf(tagged('type', 'requirement', requirementReaders))(json, 'requirements')
  for (const { uuid } of requirements as readonly { readonly uuid: string }[])
    if (uuid.toLowerCase() !== metadata['view-uuid'].toLowerCase())
      throw new NacreError(
        'NACRE_COMMIT_CONFLICT',
        `The view changed: its uuid is ${metadata['view-uuid']}, not ${uuid}. Load it again and retry.`,
      )
}

/** The updates that a request for a view makes of {@link emptyView}. */
export function planViewRequest(json: unknown): readonly ViewUpdate[] {
  const request = shape({ schema: readSchema, 'view-version': readVersion }, { properties: readTexts })(
    json,
    '',
  )
  return [
    { action: 'add-schema', schema: request.schema },
    { action: 'set-properties', updates: request.properties ?? {} },
    { action: 'add-view-version', 'view-version': { ...request['view-version'], 'schema-id': -1 } },
    { action: 'set-current-view-version', 'view-version-id': -1 },
  ]
}

export function emptyView(uuid: string, location: string): ViewMetadata {
  return {
    'view-uuid': uuid,
    'format-version': 1,
    location,
    schemas: [],
    'current-version-id': -1,
    versions: [],
    'version-log': [],
    properties: {},
  }
}

/** How many versions are kept unless `version.history.num-entries` says otherwise. */
const defaultVersionsKept = 10

/** The view after the updates. In place of an id, -1 means the last one added. */
export function applyViewUpdates(
  metadata: ViewMetadata,
  updates: readonly ViewUpdate[],
  nowMs: number,
): ViewMetadata {
  let lastSchemaId: number | undefined
  let lastVersionId: number | undefined
  const after = updates.reduce(apply, metadata)
  const current = after.versions.find((version) => version['version-id'] === after['current-version-id'])
  if (!current) return refuse('The view would have no current version. Add one and set it.')
  const isLogged = after['current-version-id'] === metadata['current-version-id']
  const entry = { 'timestamp-ms': nowMs, 'version-id': current['version-id'] }
  const kept = Number(after.properties['version.history.num-entries'] ?? defaultVersionsKept)
  const older = after.versions.filter((version) => version !== current)
  const count = Number.isInteger(kept) && kept > 0 ? kept : defaultVersionsKept
  const versions = [...(count > 1 ? older.slice(1 - count) : []), current].toSorted(
    (one, other) => one['version-id'] - other['version-id'],
  )
  const ids = new Set(versions.map((version) => version['version-id']))
  const log = isLogged ? after['version-log'] : [...after['version-log'], entry]
  return {
    ...after,
    versions,
    // What came before a version that is gone is no longer the whole history.
    'version-log': log.slice(log.findLastIndex((logged) => !ids.has(logged['version-id'])) + 1),
  }

  function apply(view: ViewMetadata, update: ViewUpdate): ViewMetadata {
    switch (update.action) {
      case 'assign-uuid':
        if (view.versions.length > 0 && update.uuid.toLowerCase() !== view['view-uuid'].toLowerCase())
          refuse(`The view's uuid is ${view['view-uuid']} and stays so; it cannot become ${update.uuid}.`)
        return { ...view, 'view-uuid': update.uuid }
      case 'upgrade-format-version':
        return update['format-version'] === 1
          ? view
          : refuse(`View format version ${update['format-version']} is not supported; there is only 1.`)
      case 'add-schema':
        return addSchema(view, update.schema)
      case 'set-location':
        return { ...view, location: update.location.replace(/\/+$/, '') }
      case 'set-properties':
        return { ...view, properties: { ...view.properties, ...update.updates } }
      case 'remove-properties': {
        const kept = Object.entries(view.properties).filter(([key]) => !update.removals.includes(key))
        return { ...view, properties: Object.fromEntries(kept) }
      }
      case 'add-view-version':
        return addVersion(view, update['view-version'])
      case 'set-current-view-version': {
        const id = update['view-version-id'] === -1 ? lastVersionId : update['view-version-id']
        if (!view.versions.some((version) => version['version-id'] === id))
          refuse(`The view has no version ${update['view-version-id']}.`)
        return { ...view, 'current-version-id': id! }
      }
    }
  }

  function addSchema(view: ViewMetadata, schema: Schema): ViewMetadata {
    const content = ({ fields, 'identifier-field-ids': identifiers = [] }: Schema): unknown => ({
      fields,
      identifiers,
    })
    const known = view.schemas.find((other) => isDeepStrictEqual(content(other), content(schema)))
    lastSchemaId =
      known?.['schema-id'] ?? 1 + Math.max(-1, ...view.schemas.map((other) => other['schema-id']))
    return known ? view : { ...view, schemas: [...view.schemas, { ...schema, 'schema-id': lastSchemaId }] }
  }

  function addVersion(view: ViewMetadata, sent: ViewVersion): ViewMetadata {
    const schemaId = sent['schema-id'] === -1 ? lastSchemaId : sent['schema-id']
    if (!view.schemas.some((schema) => schema['schema-id'] === schemaId))
      return refuse(
        `View version ${sent['version-id']} names schema ${sent['schema-id']}, which the view does not have.`,
      )
    const version = { ...sent, 'schema-id': schemaId! }
    const known = view.versions.find((other) => isDeepStrictEqual(meaningOf(other), meaningOf(version)))
    lastVersionId =
      known?.['version-id'] ?? 1 + Math.max(0, ...view.versions.map((other) => other['version-id']))
    return known
      ? view
      : { ...view, versions: [...view.versions, { ...version, 'version-id': lastVersionId }] }
  }
}

/** What tells two versions apart. */
function meaningOf(version: ViewVersion): unknown {
  return { ...version, 'version-id': 0, 'timestamp-ms': 0, summary: {} }
}

/** Reads the file of a view. Throws NACRE_CORRUPT. */
export function parseViewMetadata(data: Uint8Array, location: string): ViewMetadata {
  try {
    const parsed = readObject(JSON.parse(Buffer.from(data).toString()), 'view') as unknown as ViewMetadata
    if (parsed['format-version'] === 1 && Array.isArray(parsed.versions))
      return { ...parsed, properties: parsed.properties ?? {} }
    throw new Error(`format version ${String(parsed['format-version'])}`)
  } catch (cause) {
    throw new NacreError(
      'NACRE_CORRUPT',
      `View metadata ${location} cannot be read: ${(cause as Error).message}.`,
      {
        details: { file: location },
        cause,
      },
    )
  }
}
