import type { Migration } from '../database/index.ts'

/**
 * `feed_snapshot` is the outbox: one row per snapshot of a feed's table, in the order they were committed.
 * `feed_delivery` says how far a notification got on each route; `feed_subscriber` which durable subscribers a feed has.
 *
 * A snapshot is `waiting`, then `exported`, then `removed` once newer exports took its place; `lost` when it could no longer be
 * read. A delivery is `waiting`, then `delivered` or `skipped`.
 */
export const publishMigrations: readonly Migration[] = [
  {
    name: 'publish-0001-outbox',
    sql: `
create table feed_snapshot (
  position bigint generated always as identity primary key,
  table_name text not null,
  table_uuid text not null,
  snapshot_id text not null,
  sequence_number bigint not null,
  committed_at timestamptz not null,
  state text not null default 'waiting' check (state in ('waiting', 'exported', 'removed', 'lost')),
  attempts integer not null default 0,
  last_error text,
  next_attempt_at timestamptz,
  exported_at timestamptz,
  row_count bigint,
  size_bytes bigint,
  notification text,
  unique (table_uuid, snapshot_id)
);
create index feed_snapshot_by_state on feed_snapshot (table_name, state, position);
create table feed_delivery (
  position bigint not null references feed_snapshot (position) on delete cascade,
  route text not null,
  state text not null default 'waiting' check (state in ('waiting', 'delivered', 'skipped')),
  attempts integer not null default 0,
  last_error text,
  next_attempt_at timestamptz,
  settled_at timestamptz,
  primary key (position, route)
);
create index feed_delivery_waiting on feed_delivery (position) where state = 'waiting';
create table feed_subscriber (
  table_name text not null,
  name text not null,
  primary key (table_name, name)
);
`,
  },
]
