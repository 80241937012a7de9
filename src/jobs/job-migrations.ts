import type { Migration } from '../database/index.ts'

/** The scheduler's state: what is declared, what is due, the ledger of slots, and the work done for them. */
export const jobMigrations: readonly Migration[] = [
  {
    name: 'jobs-0001-scheduler',
    sql: `
-- A declared job. A deploy changes the definition (manifest, bundle) and never the state (paused, next_due_at) unless the trigger changed.
create table job (
  app text not null,
  name text not null,
  manifest jsonb not null,
  bundle text not null,
  removed_at timestamptz,
  paused boolean not null default false,
  anchor_at timestamptz not null,
  next_due_at timestamptz,
  primary key (app, name)
);
create index job_next_due_at on job (next_due_at) where next_due_at is not null;

-- What a job listens to: kind 'table' or 'job', and its name.
create table job_source (
  app text not null,
  job text not null,
  kind text not null,
  name text not null,
  primary key (app, job, kind, name)
);
create index job_source_name on job_source (kind, name);

-- Work that no run has taken yet. key: a day, a due time (ISO 8601), or '' for a job without partitions.
create table due_mark (
  app text not null,
  job text not null,
  key text not null,
  cause text not null,
  marked_at timestamptz not null,
  marks integer not null default 1,
  primary key (app, job, key)
);

-- Successes that a job after several others has seen, until all have come.
create table parent_success (
  app text not null,
  job text not null,
  key text not null,
  parent text not null,
  primary key (app, job, key, parent)
);

create table run (
  id text primary key,
  app text not null,
  job text not null,
  team text not null,
  state text not null,
  days jsonb not null,
  cause text not null,
  due_at timestamptz not null,
  queued_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  retry_at timestamptz,
  attempt_id text,
  attempts integer not null default 0,
  failures integer not null default 0,
  losses integer not null default 0,
  error jsonb,
  outputs jsonb not null default '{}'
);
create unique index run_active on run (app, job) where state in ('queued', 'running', 'retrying');
create index run_waiting on run (team, queued_at) where state in ('queued', 'retrying');
create unique index run_attempt on run (attempt_id) where attempt_id is not null;
create index run_of_job on run (app, job, id);
create index run_state on run (state, id);
create index run_ended_at on run (ended_at) where ended_at is not null;

-- The ledger, append-only: each slot of a job with what became of it: ran (see its run), skipped or missed (see reason).
create table slot (
  app text not null,
  job text not null,
  key text not null,
  revision integer not null,
  due_at timestamptz not null,
  outcome text not null,
  reason text,
  run_id text,
  primary key (app, job, key, revision)
);
create index slot_run on slot (run_id) where run_id is not null;

create table attempt (
  id text primary key,
  run_id text not null references run (id),
  number integer not null,
  state text not null,
  bundle text not null,
  owner text not null,
  token_sha256 text not null,
  started_at timestamptz not null,
  lease_until timestamptz not null,
  deadline_at timestamptz not null,
  ended_at timestamptz,
  error jsonb,
  isolation text,
  peak_memory_bytes bigint,
  cpu_ms bigint,
  unique (run_id, number)
);
create index attempt_active on attempt (lease_until) where state in ('starting', 'running');
`,
  },
]
