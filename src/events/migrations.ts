import type { Migration } from '../database/index.ts'

/** State of the events area: write keys, how far the log was decoded, and which events were seen. */
export const migrations: readonly Migration[] = [
  {
    name: 'events-0001-write-key',
    sql: `create table write_key (
      name text primary key,
      team text,
      key_sha256 text not null unique,
      created_at timestamptz not null default now(),
      revoked_at timestamptz
    )`,
  },
  {
    name: 'events-0002-decoder',
    sql: `create table event_log (
      log_id text primary key,
      segment bigint not null,
      log_offset bigint not null,
      landed bigint not null,
      rejected bigint not null,
      duplicates bigint not null
    );
    create table event_seen (id uuid primary key, received_day date not null);
    create index event_seen_received_day on event_seen (received_day)`,
  },
]
