import type { Registry } from "prom-client";
import { gauges } from "../samples/gauges.ts";
import type { SystemSample } from "./system-sample.ts";

/** Registers the metrics of the machine; returns what fills them. */
export function systemMeter(registry: Registry): (sample: SystemSample) => void {
  const gauge = gauges(registry);
  const cpu = gauge("host_cpu_used_ratio", "CPU time in use, of all CPUs");
  const memory = gauge("host_memory_used_ratio", "Memory that is not available");
  const disk = gauge("host_disk_used_ratio", "Of the file system of SLUICE_DISK_PATH");
  const load = gauge("host_load1", "Processes that ran or wanted to, mean of the last minute");
  return (sample) => {
    cpu([sample], ({ cpu_used_ratio }) => cpu_used_ratio);
    memory([sample], ({ memory_used_ratio }) => memory_used_ratio);
    disk([sample], ({ disk_used_ratio }) => disk_used_ratio);
    load([sample], ({ load: [lastMinute] }) => lastMinute);
  };
}
