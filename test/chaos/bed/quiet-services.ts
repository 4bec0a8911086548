import { readStack } from "@sluice/testing";
import { openSuperuser } from "../../integration/open-database.ts";

/**
 * The stack's own worker would carry out retries past the proxies, and its own ops lead instead of the bed's: they stand
 * still until the disposal.
 */
export async function quietServices(): Promise<Disposable> {
  const { services } = readStack();
  const pids = ["training-worker", "ops"].map((name) => services[name]!.pid);
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  await using superuser = openSuperuser();
  // What ops had in hand would keep the only connection of its alias, and its lease the bed's ops from beginning.
  await superuser`
    select pg_terminate_backend(pid) from pg_stat_activity where usename = 'sluice_monitor'`;
  await superuser`update ops.autoscaler set leader = null, leader_until = '-infinity'`;
  return {
    [Symbol.dispose]() {
      for (const pid of pids) process.kill(pid, "SIGCONT");
    },
  };
}
