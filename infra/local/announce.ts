import type { StackFile } from "./stack-file.ts";

/** Prints where everything is, the demo's key, and how to ask it something. */
export function announce(
  stack: StackFile,
  { demo, detached }: { demo: boolean; detached: boolean },
): void {
  const services = Object.entries(stack.services).map(
    ([name, { url, internal_url }]) =>
      `  ${name.padEnd(16)} ${url}  ` +
      (url === internal_url ? "(health: /health/ready)" : `(documentation: ${url}/docs)`),
  );
  const lines = [
    "",
    "Ready.",
    ...services,
    `  ${"PostgreSQL".padEnd(16)} ${hidePassword(stack.postgres.url)}`,
    `  ${"PgBouncer".padEnd(16)} ${hidePassword(stack.pgbouncer.admin_url)}`,
    `  ${"Redis".padEnd(16)} ${hidePassword(stack.redis.url)}`,
    "",
    `  Key of the project "${stack.project}": ${stack.keys.demo}`,
    "",
    ...(demo ? ["Try:", "", ...curlLines(stack).flatMap((line) => [line, ""])] : []),
    detached ? "Stop with: npm stop" : "Stop with Ctrl-C.",
    "",
  ];
  process.stdout.write(lines.join("\n"));
}

/** Three requests to the demo's features: one key, a composite key, and a batch over both views. */
export function curlLines({
  project,
  services,
  keys,
}: Pick<StackFile, "project" | "services" | "keys">): string[] {
  const base = `${services["feature-api"]?.url}/v1/projects/${project}`;
  const authorization = `-H 'Authorization: Bearer ${keys.demo}'`;
  const batch = {
    features: [
      "airport_delays:mean_delay",
      "airport_delays:flights",
      "route_delays:mean_delay",
      "route_delays:late_share",
    ],
    entities: { airport: ["JFK", "SFO"], origin: ["JFK", "SFO"], destination: ["LAX", "ORD"] },
    full_feature_names: true,
  };
  return [
    `curl -s ${authorization} ${base}/features/airport_delays/JFK`,
    `curl -s ${authorization} ${base}/features/route_delays/JFK/LAX`,
    `curl -s ${authorization} -H 'Content-Type: application/json' -d '${JSON.stringify(batch)}' ${base}/get-online-features`,
  ];
}

function hidePassword(url: string): string {
  return url.replace(/:[^:@/]+@/, ":…@");
}
