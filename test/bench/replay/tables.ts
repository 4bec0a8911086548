import { readStack } from "@sluice/testing";
import type postgres from "postgres";

const JOBS = 1_000;
/** Not a superuser: the connections kept for those are not the trainers'. */
const ROLE = "replay_trainer";
const PASSWORD = "replay";

/**
 * The report's tables in a schema of their own, with the index that it began with and the one that cured it. Rows stand
 * in no order of their keys, as they come from many trainers.
 * @returns the URL of a trainer that connects directly
 */
export async function makeTables(superuser: postgres.Sql, samples: number): Promise<string> {
  await dropTables(superuser);
  const url = new URL(readStack().postgres.url);
  await superuser.unsafe(`
    create role ${ROLE} login password '${PASSWORD}';
    grant connect on database ${url.pathname.slice(1)} to ${ROLE};
    create schema replay;
    create table replay.samples_before (
      dataset_id bigint not null, feature_hash text not null, sample_id text not null, label text,
      created_at timestamptz not null, uri text not null, attributes jsonb not null
    );
    insert into replay.samples_before
    select 1, lpad(n::text, 32, '0'), 's' || n, 'label ' || n % 5, now(), 's3://bucket/' || n,
      jsonb_build_object('n', n, 'note', repeat('x', 200))
    from generate_series(0, ${samples} - 1) as n order by hashint8(n);
    create table replay.samples_cured (like replay.samples_before);
    insert into replay.samples_cured select * from replay.samples_before;
    create index on replay.samples_before (dataset_id, feature_hash);
    create index on replay.samples_cured (dataset_id, feature_hash) include (sample_id, label, created_at);
    create table replay.training_jobs (id bigint primary key, status text not null, updated_at timestamptz not null);
    insert into replay.training_jobs select n, 'running', now() from generate_series(0, ${JOBS} - 1) as n;
    grant usage on schema replay to ${ROLE}, sluice_training;
    grant select, update on all tables in schema replay to ${ROLE}, sluice_training;`);
  await superuser.unsafe("vacuum analyze replay.samples_before, replay.samples_cured");
  url.username = ROLE;
  url.password = PASSWORD;
  return url.href;
}

export async function dropTables(superuser: postgres.Sql): Promise<void> {
  await superuser`drop schema if exists replay cascade`;
  const roles = await superuser`select from pg_roles where rolname = ${ROLE}`;
  if (roles.length > 0) await superuser.unsafe(`drop owned by ${ROLE}; drop role ${ROLE};`);
}
