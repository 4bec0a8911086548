import { type OpenDatabase, openDatabase } from "@sluice/db";
import type { Logger } from "@sluice/telemetry";
import { assertBudget, loadWorkloads, selectProfile } from "@sluice/workloads";
import type { Registry } from "prom-client";
import type { Static } from "typebox";
import type { Settings } from "./settings.ts";

/** Opens the gate of the training workload. @throws Error when it would break the budget, or cannot be opened */
export function openTraining(
  settings: Pick<
    Static<typeof Settings>,
    "SLUICE_WORKLOADS_FILE" | "SLUICE_PROFILE" | "SLUICE_TRAINING_URL"
  >,
  process: { readonly service: string; readonly registry: Registry; readonly logger: Logger },
): Promise<OpenDatabase<unknown>> {
  const workloads = loadWorkloads(settings.SLUICE_WORKLOADS_FILE);
  const profile = selectProfile(workloads, settings.SLUICE_PROFILE);
  assertBudget(profile);
  return openDatabase<unknown>({
    url: settings.SLUICE_TRAINING_URL,
    workload: "training",
    settings: profile.workloads.training,
    ...process,
  });
}
