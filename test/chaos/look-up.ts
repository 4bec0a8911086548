import { readStack } from "@sluice/testing";

/** One look-up of the demo's features, through the whole service. */
export function lookUp(): Promise<Response> {
  const { services, keys } = readStack();
  const url = `${services["feature-api"]!.url}/v1/projects/demo/features/airport_delays/JFK`;
  return fetch(url, { headers: { authorization: `Bearer ${keys.demo}` } });
}
