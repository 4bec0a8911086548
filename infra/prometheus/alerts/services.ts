import { type Alert, growing, steadily } from "../alert.ts";

const requests =
  'http_request_duration_seconds_count{service="feature-api",method="GET",route="/x"';

export const SERVICE_ALERTS: readonly Alert[] = [
  {
    name: "ServiceDown",
    expr: "up == 0",
    for: "30s",
    severity: "critical",
    team: "platform",
    summary: "{{ $labels.job }} does not answer",
    description: "{{ $labels.instance }} could not be scraped.",
    fires: { 'up{job="feature-api",instance="a"}': steadily(0) },
    // A restart.
    quiet: { 'up{job="feature-api",instance="a"}': "1 1 0 1+0x110" },
  },
  {
    name: "RequestErrors",
    expr: 'sum by (service) (rate(http_request_duration_seconds_count{status=~"5.."}[5m])) / sum by (service) (rate(http_request_duration_seconds_count[5m])) > 0.05',
    for: "2m",
    severity: "critical",
    team: "platform",
    summary: "{{ $labels.service }} answers with errors",
    description: "{{ $value | humanizePercentage }} of its answers have a status of 500 or more.",
    fires: {
      [`${requests},status="200"}`]: growing(90),
      [`${requests},status="503"}`]: growing(10),
    },
    // What clients do wrong is not the service's fault.
    quiet: {
      [`${requests},status="200"}`]: growing(50),
      [`${requests},status="404"}`]: growing(50),
    },
  },
  {
    name: "RequestsShed",
    expr: 'sum by (service) (rate(http_requests_shed_total{reason!="QUOTA_EXCEEDED"}[5m])) > 1',
    for: "5m",
    severity: "warning",
    team: "platform",
    summary: "{{ $labels.service }} refuses requests because it has too many",
    description:
      "{{ $value | humanize }} a second: what comes is more than can be answered in time.",
    fires: {
      'http_requests_shed_total{service="feature-api",reason="POOL_SATURATED"}': growing(5),
    },
    quiet: {
      'http_requests_shed_total{service="feature-api",reason="QUOTA_EXCEEDED"}': growing(50),
    },
  },
  {
    name: "QuotasUnchecked",
    expr: "sum by (service) (rate(quota_unchecked_total[5m])) > 0",
    for: "5m",
    severity: "warning",
    team: "platform",
    summary: "{{ $labels.service }} counts no requests, because Redis does not answer",
    description:
      "{{ $value | humanize }} requests a second are admitted without a look at their tenant's quota.",
    fires: { 'quota_unchecked_total{service="feature-api"}': growing(3) },
    quiet: { 'quota_unchecked_total{service="feature-api"}': steadily(900) },
  },
  {
    name: "FeaturesStale",
    expr: 'sum by (view) (rate(feature_statuses_total{status="OUTSIDE_MAX_AGE"}[10m])) / sum by (view) (rate(feature_statuses_total[10m])) > 0.1',
    for: "10m",
    severity: "warning",
    team: "features",
    summary: "Values of {{ $labels.view }} are too old to be served",
    description:
      "{{ $value | humanizePercentage }} of those asked for are older than the view's TTL: its pipeline stands still.",
    fires: {
      'feature_statuses_total{service="feature-api",view="demo/airport_delays",status="PRESENT"}':
        growing(50),
      'feature_statuses_total{service="feature-api",view="demo/airport_delays",status="OUTSIDE_MAX_AGE"}':
        growing(50),
    },
    quiet: {
      'feature_statuses_total{service="feature-api",view="demo/airport_delays",status="PRESENT"}':
        growing(50),
      'feature_statuses_total{service="feature-api",view="demo/airport_delays",status="OUTSIDE_MAX_AGE"}':
        growing(1),
    },
  },
  {
    name: "AttemptsLost",
    expr: "sum(increase(jobs_lost_total[10m])) > 5",
    for: "0m",
    severity: "warning",
    team: "training",
    summary: "Trainers fall silent",
    description:
      "{{ $value | humanize }} attempts were lost in ten minutes: machines that went away, or a network between.",
    fires: { 'jobs_lost_total{service="training-manager",instance="a"}': growing(0.1) },
    quiet: { 'jobs_lost_total{service="training-manager",instance="a"}': "0+0x60 2+0x60" },
  },
  {
    name: "JobsHung",
    expr: "sum(jobs_hung) > 0",
    for: "10m",
    severity: "warning",
    team: "training",
    summary: "Jobs beat, and their steps stand still",
    description: "{{ $value | humanize }} jobs hold their machines and do not train.",
    fires: { 'jobs_hung{service="training-manager",instance="a"}': steadily(2) },
    quiet: { 'jobs_hung{service="training-manager",instance="a"}': "2+0x30 0+0x90" },
  },
  {
    name: "OutboxDead",
    expr: 'sum by (kind) (increase(outbox_tries_total{outcome="dead"}[30m])) > 0',
    for: "0m",
    severity: "warning",
    team: "training",
    summary: "What had to follow from a job's change was given up ({{ $labels.kind }})",
    description: "{{ $value | humanize }} rows of the outbox failed eight times.",
    fires: {
      'outbox_tries_total{service="training-worker",kind="webhook",outcome="dead"}':
        "0+0x60 1+0x60",
    },
    quiet: {
      'outbox_tries_total{service="training-worker",kind="webhook",outcome="failed"}': growing(0.1),
    },
  },
  {
    name: "HostBusy",
    expr: "max(host_cpu_used_ratio) > 0.8",
    for: "10m",
    severity: "warning",
    team: "platform",
    summary: "The machine of ops has no CPU to spare",
    description: "{{ $value | humanizePercentage }} are in use.",
    fires: { host_cpu_used_ratio: steadily(0.95) },
    quiet: { host_cpu_used_ratio: steadily(0.7) },
  },
  {
    name: "HostMemoryLow",
    expr: "max(host_memory_used_ratio) > 0.95",
    for: "5m",
    severity: "critical",
    team: "platform",
    summary: "The machine of ops is short of memory",
    description: "{{ $value | humanizePercentage }} are in use.",
    fires: { host_memory_used_ratio: steadily(0.97) },
    quiet: { host_memory_used_ratio: steadily(0.9) },
  },
  {
    name: "DiskFilling",
    expr: "max(host_disk_used_ratio) > 0.9",
    for: "5m",
    severity: "critical",
    team: "database",
    summary: "The disk is nearly full",
    description:
      "{{ $value | humanizePercentage }} are in use: PostgreSQL stops when it cannot write its log.",
    fires: { host_disk_used_ratio: steadily(0.93) },
    quiet: { host_disk_used_ratio: steadily(0.8) },
  },
];
