import type { Migration } from '../database/index.ts'

/**
 * `feed_snapshot` is the outbox: one row per snapshot of a feed's table, in the order they were committed.
 * `feed_delivery` says how far a notification got on each route; `feed_subscriber` which durable subscribers a feed has;
 * `feed_contract` which schemas consumers were promised; `feed_lane` which process does what, where several share a database.
 *
 * A table may come back to a snapshot, by a rollback: then it is published once more, in a row of its own that `is_return`.
 *
 * A snapshot is `waiting`, then `exported`, then `removing` and `removed` once newer exports took its place, and `waiting` again
 * when it is replayed; `lost` when it could no longer be read, `withdrawn`
 * when rows of it were erased. A delivery is `waiting`, then `delivered` or `skipped`, or `dead` when it was refused too often or too long.
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
  {
    name: 'publish-0002-contracts',
    sql: `
alter table feed_snapshot add column partitions text;
alter table feed_snapshot add column facts text;
update feed_snapshot set state = 'waiting', attempts = 0 where state = 'exported' and facts is null and exists (
  select from feed_delivery d where d.position = feed_snapshot.position and d.state = 'waiting');
alter table feed_snapshot drop column notification;
alter table feed_delivery drop constraint feed_delivery_state_check;
alter table feed_delivery add check (state in ('waiting', 'delivered', 'skipped', 'dead'));
alter table feed_delivery add column first_attempt_at timestamptz;
alter table feed_delivery add column replays integer not null default 0;
create table feed_contract (
  table_name text not null,
  major integer not null,
  revision integer not null,
  fingerprint text not null,
  schema text not null,
  since_snapshot_id text not null,
  created_at timestamptz not null,
  primary key (table_name, major, revision)
);
create table feed_lane (
  lane text primary key,
  holder text not null,
  held_until timestamptz not null
);
`,
  },
  {
    name: 'publish-0003-removing',
    sql: `
alter table feed_snapshot drop constraint feed_snapshot_state_check;
alter table feed_snapshot add check (state in ('waiting', 'exported', 'removing', 'removed', 'lost'));
`,
  },
  {
    name: 'publish-0004-returns',
    sql: `
alter table feed_snapshot drop constraint feed_snapshot_state_check;
alter table feed_snapshot add check (state in ('waiting', 'exported', 'removing', 'removed', 'lost', 'withdrawn'));
alter table feed_snapshot drop constraint feed_snapshot_table_uuid_snapshot_id_key;
alter table feed_snapshot add column is_return boolean not null default false;
create unique index feed_snapshot_first on feed_snapshot (table_uuid, snapshot_id) where not is_return;
create index feed_snapshot_by_table on feed_snapshot (table_uuid, position);
`,
  },
]
