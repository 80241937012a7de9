import { dayOf, type TableDefinition } from '../tables/index.ts'

/** Why an event was rejected. `schema_…` carries the JSON Schema keyword that was broken. */
export type RejectReason =
  | 'malformed'
  | 'unknown_key'
  | 'unknown_type'
  | 'unknown_event'
  | 'missing_identity'
  | 'too_many_in_batch'
  | 'too_large'
  | 'out_of_range'
  | 'engine_refused'
  | 'table_refused'
  | `schema_${string}`

/** Stands in `write_key` of events whose key was not known; no key can have this name. */
export const unknownKey = '(unknown)' as const

/** A row of {@link rejectedEvents}: the event as it was sent, and why it did not land. */
export interface RejectedRow {
  readonly received_at: string
  readonly event: string
  readonly type: string
  readonly reason: RejectReason
  readonly message: string
  /** JSON pointer into the properties, when one of them was wrong. */
  readonly pointer: string | null
  readonly schema_version: string | null
  readonly write_key: string
  readonly message_id: string
  readonly user_id: string | null
  /** The event as JSON, with what it inherits from its batch. */
  readonly payload: string
  /** `segment:offset#index` in the segment log. */
  readonly log_position: string
}

/** Events that broke their contract: kept, explained, replayable. */
export const rejectedEvents: TableDefinition = {
  kind: 'table-ref',
  name: 'events.rejected',
  spec: {
    columns: {
      received_at: { type: 'timestamptz', required: true },
      event: 'string',
      type: 'string',
      reason: { type: 'string', doc: 'A code, such as unknown_event or schema_required.' },
      message: { type: 'string', personal: true },
      pointer: { type: 'string', doc: 'JSON pointer into the properties.' },
      schema_version: 'string',
      write_key: 'string',
      message_id: 'string',
      user_id: { type: 'string', personal: true },
      payload: { type: 'string', personal: true, doc: 'The event as JSON.' },
      log_position: 'string',
    },
    partitionBy: [dayOf('received_at')],
    key: ['write_key', 'message_id'],
    subject: 'user_id',
    sortBy: ['received_at'],
    doc: 'Events that broke their contract, with the reason.',
  },
}
