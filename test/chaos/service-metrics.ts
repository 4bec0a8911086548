import { readStack } from "@sluice/testing";

/** The sum of a metric's values over its labels, as the service reports it on its internal listener. */
export async function serviceMetric(service: string, name: string): Promise<number> {
  const response = await fetch(`${readStack().services[service]!.internal_url}/metrics`);
  const lines = (await response.text()).split("\n").filter((line) => line.startsWith(`${name}{`));
  if (lines.length === 0) throw new Error(`${service} has no metric ${name}`);
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}
