import { NacreError } from '../base/index.ts'
import type { EventDefinition, EventManifest, TrackingPlan } from './event-definition.ts'

/** Gathers the events an app declares. Throws NACRE_INPUT when two would share a table. */
export function trackingPlan(plan: { events: readonly EventDefinition[] }): TrackingPlan {
  const byTable = new Map<string, EventDefinition>()
  for (const definition of plan.events) {
    const other = byTable.get(definition.table.name)
    if (other !== undefined) {
      throw new NacreError(
        'NACRE_INPUT',
        `Events '${other.name}' and '${definition.name}' would both land in ${definition.table.name}; rename one.`,
      )
    }
    byTable.set(definition.table.name, definition)
  }
  return { kind: 'tracking-plan', events: plan.events, unknown: 'reject' }
}

/** The stored form of a definition: plain JSON. */
export function eventManifest(definition: EventDefinition): EventManifest {
  const { type, name, spec, table } = definition
  return {
    type,
    name,
    version: spec.version,
    owner: spec.owner ?? null,
    doc: spec.doc ?? null,
    // TypeBox marks its schemas with hidden properties; the round trip leaves JSON Schema.
    schema: JSON.parse(JSON.stringify(spec.properties)) as EventManifest['schema'],
    personal: spec.personal ?? [],
    table,
  }
}
