import type { TObject } from 'typebox'
import type { TableDefinition } from '../tables/index.ts'

/** What an app says of an event. */
export interface EventSpec<Properties extends TObject = TObject> {
  /** `major-minor-patch`. */
  readonly version: string
  readonly owner?: string
  readonly doc?: string
  /** A TypeBox object of the supported subset: string (with format), integer, number, boolean, enum of literals, array, object, optional, nullable. */
  readonly properties: Properties
  /** Names of properties that hold personal data. */
  readonly personal?: readonly string[]
}

/** A declared event: `track` calls of this name, or `identify` for {@link identify}. */
export interface EventDefinition<Properties extends TObject = TObject> {
  readonly kind: 'event'
  readonly type: 'track' | 'identify' | 'page' | 'screen' | 'group' | 'alias'
  /** As the app sends it, such as `Reading Span`. */
  readonly name: string
  readonly spec: EventSpec<Properties>
  /** `events.<snake_case name>`: the event's standard columns, then one per property, partitioned by `day(ts)`. */
  readonly table: TableDefinition
}

/** All events an app declares, and what to do with others. */
export interface TrackingPlan {
  readonly kind: 'tracking-plan'
  readonly events: readonly EventDefinition[]
  /** Events of no declared name become rejected rows (kept, replayable). */
  readonly unknown: 'reject'
}

/** An event as the platform stores it. */
export interface EventManifest {
  readonly type: EventDefinition['type']
  readonly name: string
  readonly version: string
  readonly owner: string | null
  readonly doc: string | null
  /** JSON Schema 2020-12. */
  readonly schema: Readonly<Record<string, unknown>>
  readonly personal: readonly string[]
  readonly table: TableDefinition
}
