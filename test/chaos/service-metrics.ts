import { readStack } from "@sluice/testing";

/** The sum of a metric's values over its labels, as the service reports it on its internal listener. */
export function serviceMetric(service: string, name: string): Promise<number> {
  return metricAt(readStack().services[service]!.internal_url, name);
}

/** The same of the instance whose internal listener is there. */
export async function metricAt(internalUrl: string, name: string): Promise<number> {
  const response = await fetch(`${internalUrl}/metrics`);
  const lines = (await response.text()).split("\n").filter((line) => line.startsWith(`${name}{`));
  if (lines.length === 0) throw new Error(`${internalUrl} has no metric ${name}`);
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}
