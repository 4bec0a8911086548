import { readStack } from "@sluice/testing";
import { type ServiceInstance, startInstance } from "./service-instance.ts";
import { until } from "./until.ts";

/** Starts a further instance of training-manager and waits until it serves, and hears what the others do. */
export async function startTrainingInstance(): Promise<ServiceInstance> {
  const instance = await startInstance("services/training-manager/src/main.ts", {
    SLUICE_TRAINING_URL: readStack().pgbouncer.urls["training"],
  });
  await until("it hears the others", async () => (await instance.metric("job_hints_heard")) === 1);
  return instance;
}
