import { setTimeout as sleep } from "node:timers/promises";
import { openSuperuser } from "../../integration/open-database.ts";
import type { Bed } from "../bed/bed.ts";
import { killServer, killService } from "./kill.ts";
import { detour, pausePooler, reloadPooler } from "./pooler.ts";
import { storm } from "./storm.ts";
import { type Action, type PartName, SERVERS, type ServerName } from "./table.ts";

type LinkAction = Extract<Action, { kind: "link" }>;

/** Does it; resolves when it is over and what was struck accepts again. */
export async function strike(action: Action, bed: Bed): Promise<void> {
  switch (action.kind) {
    case "kill":
      return kill(action.part, bed);
    case "pause":
      return pausePooler(action.ms);
    case "link":
      return disturb(action, bed);
    case "storm":
      return storm(action.clients, action.ms);
    case "reload":
      return reloadPooler(action.everyMs, action.ms);
    case "terminate":
      return terminate(`sluice_${action.workload}`);
  }
}

async function kill(part: PartName, bed: Bed): Promise<void> {
  if (isServer(part)) await killServer(part);
  else await killService(part, bed);
}

function isServer(part: PartName): part is ServerName {
  return (SERVERS as readonly string[]).includes(part);
}

async function disturb({ link, mode, ms }: LinkAction, bed: Bed): Promise<void> {
  const proxy = bed.links[link];
  const hold = async (): Promise<void> => {
    proxy.set(mode);
    await sleep(ms);
    proxy.set({ kind: "pass" });
  };
  if (link === "pgbouncer-postgres") await detour(proxy, hold);
  else await hold();
}

/** Every server connection of a role. */
async function terminate(role: string): Promise<void> {
  await using superuser = openSuperuser();
  await superuser`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${role}`;
}
