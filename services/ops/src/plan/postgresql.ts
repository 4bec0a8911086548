import type { Profile } from "@sluice/workloads";
import { type Explanations, type PlannedLine, explainLines, renderLines } from "./planned-line.ts";

const RESTART = "the former value, and a restart";
const RELOAD = "the former value, and pg_reload_conf()";

const EXPLANATIONS: Explanations = {
  max_connections: {
    reason:
      "What the budget can open (every alias with its reserve, for each PgBouncer, and the direct users) is 4/7 of it.",
    effect:
      "Room for cancel requests, which may double a pool for a moment, and for the autoscaler.",
    risk: "Each slot costs shared memory and makes snapshots dearer; more than the budget invites clients past PgBouncer.",
    way_back: RESTART,
  },
  superuser_reserved_connections: {
    reason: "One for every 6.4 cores, from PostgreSQL's 3 up to the report's 10.",
    effect: "An operator can log in when everything else is taken.",
    risk: "They are not there for the services: the budget subtracts them.",
    way_back: RESTART,
  },
  shared_buffers: {
    reason: "A quarter of memory (PostgreSQL's manual, 19.4.1).",
    effect: "Hot tables and indexes are read without a system call.",
    risk: "Without huge pages each backend keeps page tables for all of it.",
    way_back: RESTART,
  },
  effective_cache_size: {
    reason:
      "Three quarters of memory: shared buffers and what the kernel caches (19.7.2). Allocates nothing.",
    effect: "The planner trusts that index pages are cached, and takes indexes.",
    risk: "Too large on a machine shared with others: index scans that read from disk.",
    way_back: RELOAD,
  },
  work_mem: {
    reason:
      "A quarter of memory, divided by all the budget's connections with four nodes of a plan each.",
    effect: "Sorts and hashes of our statements stay in memory.",
    risk: "It is taken for each node of each running plan: four times it for every connection still fits.",
    way_back: RELOAD,
    field_report: {
      value: "64MB",
      why: "64 MB × 500 connections × 4 nodes of a plan is 125 GB, and with the shared buffers more than the machine has. Raise it for one statement with SET LOCAL.",
    },
  },
  maintenance_work_mem: {
    reason: "1/64 of memory, at most 2 GB: the share that the report's 2 GB have of 128 GB.",
    effect: "Index builds and vacuum need fewer passes.",
    risk: "Every autovacuum worker may take it at the same time.",
    way_back: RELOAD,
  },
  wal_buffers: {
    reason: "1/512 of memory, from 16 MB (one segment) up to the report's 256 MB.",
    effect: "COPY by several importers does not wait for a WAL page to be written.",
    risk: "None but the memory.",
    way_back: RESTART,
  },
  max_wal_size: {
    reason: "1/16 of memory, at least 2 GB: checkpoints come by time and not by volume.",
    effect: "Fewer full-page images, so less WAL.",
    risk: "So much disk, and a longer recovery after a crash.",
    way_back: RELOAD,
  },
  checkpoint_timeout: {
    reason: "The report's.",
    effect: "A page that changes often is written once in that time.",
    risk: "Recovery replays up to that much.",
    way_back: RELOAD,
  },
  max_worker_processes: {
    reason: "One for each core, PostgreSQL's 8 at least.",
    effect: "Parallel plans and index builds find workers.",
    risk: "A standby needs at least as many, or it does not start.",
    way_back: RESTART,
  },
  max_parallel_workers: {
    reason: "Three quarters of the cores: the report's 48 of 64.",
    effect: "A quarter of the cores stays for look-ups, whatever is computed in parallel.",
    risk: "Large queries compete with one another sooner.",
    way_back: RELOAD,
  },
  max_parallel_workers_per_gather: {
    reason: "An eighth of the cores, at most 8; none on fewer than 8 cores.",
    effect: "Audits and imports use more than one core; look-ups are never parallel.",
    risk: "Each worker may take work_mem again.",
    way_back: RELOAD,
  },
  max_prepared_transactions: {
    reason: "Sluice has no two-phase commits.",
    effect: "None can be left behind.",
    risk: "Another application on this server may need them.",
    way_back: RESTART,
    field_report: {
      value: "100",
      why: "a prepared transaction that nobody finishes keeps its locks and holds back vacuum for ever, through restarts too.",
    },
  },
  shared_preload_libraries: {
    reason: "Diagnostics and the weekly report read pg_stat_statements.",
    effect: "Calls, times and rows of every statement.",
    risk: "About a percent of the time of the shortest statements.",
    way_back: RESTART,
  },
  password_encryption: {
    reason: "PgBouncer's userlist holds the same SCRAM secrets.",
    effect: "No password is stored or sent.",
    risk: "Drivers older than 2018 cannot log in.",
    way_back: "md5, pg_reload_conf(), and every password set again",
  },
  track_io_timing: {
    reason: "Tells a slow disk from a slow plan.",
    effect: "Read and write times in plans and statistics.",
    risk: "Where reading the clock is slow (pg_test_timing) it costs.",
    way_back: RELOAD,
  },
  log_lock_waits: {
    reason: "A wait longer than deadlock_timeout is worth a line.",
    effect: "Blocked and blocking statement in the log.",
    risk: "None.",
    way_back: RELOAD,
  },
  huge_pages: {
    reason:
      "With 4 KB pages each backend's page tables take 1/512 of the shared buffers it has touched.",
    effect: "Page tables nearly vanish; see vm.nr_hugepages.",
    risk: "With too few set aside `try` falls back to ordinary pages, and says so in the log only.",
    way_back: RESTART,
  },
};

/** postgresql.conf's lines of a profile: its figures, and what Sluice needs on any machine. */
export function planPostgresql({ postgres }: Profile): PlannedLine[] {
  const { max_connections, superuser_reserved_connections, settings } = postgres;
  return explainLines(
    {
      max_connections: String(max_connections),
      superuser_reserved_connections: String(superuser_reserved_connections),
      ...settings,
      shared_preload_libraries: "pg_stat_statements",
      password_encryption: "scram-sha-256",
      track_io_timing: "on",
      log_lock_waits: "on",
      huge_pages: "try",
    },
    EXPLANATIONS,
  );
}

export function renderPostgresql(lines: readonly PlannedLine[]): string {
  return renderLines(lines, { comment: "#", setting: ({ name, value }) => `${name} = '${value}'` });
}
