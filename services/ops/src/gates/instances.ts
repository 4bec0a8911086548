import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/** Where processes of a service answer internally. */
export interface ServiceAddress {
  readonly service: string;
  readonly url: URL;
}

/**
 * Reads `feature-api=http://127.0.0.1:8101,…`.
 * @throws Error that names the entry which is none.
 */
export function parseInstances(text: string): ServiceAddress[] {
  return text.split(",").filter(Boolean).map(parseEntry);
}

function parseEntry(entry: string): ServiceAddress {
  const [service = "", address = ""] = entry.trim().split(/=(.*)/s);
  const url = URL.parse(address);
  if (service !== "" && url?.protocol === "http:") return { service, url };
  throw new Error(`SLUICE_INSTANCES: "${entry}" is not <service>=http://<host>:<port>`);
}

/** One process for each address of the name: a headless service in Kubernetes has one for each pod. */
export async function findInstances({ service, url }: ServiceAddress): Promise<ServiceAddress[]> {
  if (isIP(url.hostname.replaceAll(/[[\]]/g, "")) > 0) return [{ service, url }];
  const addresses = await lookup(url.hostname, { all: true });
  return addresses.map(({ address, family }) => {
    const found = new URL(url);
    found.hostname = family === 6 ? `[${address}]` : address;
    return { service, url: found };
  });
}
