import type { TObject } from 'typebox'
import { NacreError } from '../base/index.ts'
import { dayOf, type ColumnSpec, type TableDefinition } from '../tables/index.ts'
import type { EventDefinition, EventSpec } from './event-definition.ts'
import { columnTypeOf, type JsonSchema } from './schema-columns.ts'

/** Columns of every event's table, before those of its properties. */
export const standardColumns: Readonly<Record<string, ColumnSpec>> = {
  message_id: { type: 'string', required: true, doc: 'Unique per write key.' },
  ts: { type: 'timestamptz', required: true, doc: 'When it happened, corrected for the device clock.' },
  received_at: { type: 'timestamptz', doc: 'When the collector had it.' },
  sent_at: { type: 'timestamptz', doc: 'When the device sent it, by the device clock.' },
  device_ts: { type: 'timestamptz', doc: 'When it happened, by the device clock.' },
  ts_method: { type: 'string', doc: 'How ts was found: explicit, request, original, received or future.' },
  skew_ms: { type: 'long', doc: 'What was added to device_ts.' },
  user_id: { type: 'string', personal: true },
  anonymous_id: { type: 'string', personal: true },
  write_key: { type: 'string', doc: 'Name of the key it was sent with.' },
  context: { type: 'string', personal: true, doc: 'JSON.' },
  extra: { type: 'string', personal: true, doc: 'Properties that were not declared, as JSON.' },
}

/**
 * Declares a `track` event.
 * @example event('Book Opened', { version: '1-0-0', properties: Type.Object({ edition: Type.String() }) })
 */
export function event<Properties extends TObject>(
  name: string,
  spec: EventSpec<Properties>,
): EventDefinition<Properties> {
  return defineEvent('track', name, spec)
}

/** Declares `identify` calls; its properties are the traits. */
export function identify<Properties extends TObject>(
  spec: EventSpec<Properties>,
): EventDefinition<Properties> {
  return defineEvent('identify', 'Identify', spec)
}

/** Declares `page` calls; `name` and `category` are properties. */
export function page<Properties extends TObject>(spec: EventSpec<Properties>): EventDefinition<Properties> {
  return defineEvent('page', 'Page', spec)
}

/** Declares `screen` calls; `name` and `category` are properties. */
export function screen<Properties extends TObject>(spec: EventSpec<Properties>): EventDefinition<Properties> {
  return defineEvent('screen', 'Screen', spec)
}

function defineEvent<Properties extends TObject>(
  type: EventDefinition['type'],
  name: string,
  spec: EventSpec<Properties>,
): EventDefinition<Properties> {
  if (!/^\d+-\d+-\d+$/.test(spec.version)) {
    throw refusal(name, `has version '${spec.version}'; write major-minor-patch, such as '1-0-0'`)
  }
  return { kind: 'event', type, name, spec, table: eventTable(name, spec) }
}

/**
 * Columns of properties are nullable, required or not: the contract is held by validation, so that a later version may drop a
 * property, or require a new one, and rows of all versions fit one table.
 */
function eventTable(name: string, spec: EventSpec): TableDefinition {
  const columns: Record<string, ColumnSpec> = { ...standardColumns }
  const taken = new Set(Object.keys(columns))
  for (const [property, schema] of Object.entries(spec.properties.properties)) {
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(property)) {
      throw refusal(name, `has a property '${property}'; use letters, digits and _, beginning with a letter`)
    }
    if (taken.has(property.toLowerCase())) {
      throw refusal(
        name,
        `has a property '${property}', but its table has a column of that name already; rename the property`,
      )
    }
    taken.add(property.toLowerCase())
    const { description } = schema as { description?: string }
    columns[property] = {
      type: columnTypeOf(schema as JsonSchema, `Property '${property}' of event '${name}'`),
      ...(description === undefined ? {} : { doc: description }),
      ...(spec.personal?.includes(property) ? { personal: true } : {}),
    }
  }
  for (const property of spec.personal ?? []) {
    if (!(property in spec.properties.properties)) {
      throw refusal(name, `calls '${property}' personal, but has no such property`)
    }
  }
  return {
    kind: 'table-ref',
    name: tableName(name),
    spec: {
      columns,
      partitionBy: [dayOf('ts')],
      key: ['write_key', 'message_id'],
      sortBy: ['ts'],
      subject: 'user_id',
      ...(spec.owner === undefined ? {} : { owner: spec.owner }),
      ...(spec.doc === undefined ? {} : { doc: spec.doc }),
    },
  }
}

/** `Reading Span` and `readingSpan` give `events.reading_span`. */
function tableName(name: string): string {
  const snake = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
  if (!/^[a-z]/.test(snake) || snake === 'rejected') {
    throw refusal(name, `gives the table name '${snake}', which cannot be used; choose another name`)
  }
  return `events.${snake}`
}

function refusal(name: string, what: string): NacreError {
  return new NacreError('NACRE_INPUT', `Event '${name}' ${what}.`, { details: { event: name } })
}
