import { lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { DeliveryFailed } from "./delivery-failed.ts";

/** Not global unicast, by IANA's registry of special-purpose IPv4 addresses (RFC 6890). */
const IPV4 = subnets("ipv4", [
  ["0.0.0.0", 8], // this host
  ["10.0.0.0", 8], // private
  ["100.64.0.0", 10], // carrier-grade NAT
  ["127.0.0.0", 8], // loopback
  ["169.254.0.0", 16], // link-local, among it the metadata of clouds
  ["172.16.0.0", 12], // private
  ["192.0.0.0", 24], // protocol assignments
  ["192.0.2.0", 24], // documentation
  ["192.88.99.0", 24], // relays of 6to4
  ["192.168.0.0", 16], // private
  ["198.18.0.0", 15], // benchmarks
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, broadcast
]);

/** The same for IPv6: of 2000::/3 what is special, and all outside of it (loopback, mapped, NAT64, local, multicast). */
const IPV6 = subnets("ipv6", [
  ["::", 3],
  ["4000::", 2],
  ["8000::", 1],
  ["2001::", 23], // protocol assignments, Teredo
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4, which wraps any IPv4 address
  ["3fff::", 20], // documentation
]);

// A list each: in a common one the IPv6 rules would match every IPv4 address, as a mapped one.
function subnets(
  family: "ipv4" | "ipv6",
  list: readonly (readonly [net: string, prefix: number])[],
): BlockList {
  const blocked = new BlockList();
  for (const [net, prefix] of list) blocked.addSubnet(net, prefix, family);
  return blocked;
}

/** Whether an address can be somebody's on the internet. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !IPV4.check(address, "ipv4");
  // With a zone it is link-local, whatever it says.
  return isIP(address) === 6 && !address.includes("%") && !IPV6.check(address, "ipv6");
}

/** The address that a URL names instead of a host; such a one is never looked up. */
export function literalAddress({ hostname }: URL): string | undefined {
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  return isIP(address) === 0 ? undefined : address;
}

/** Resolves names to public addresses alone: the one that is checked is the one that is connected to. */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    const addresses = (found ?? []).filter(({ address }) => isPublicAddress(address));
    const [first] = addresses;
    if (error !== null) callback(error, []);
    else if (first === undefined) callback(notPublic(hostname), []);
    else if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

export function notPublic(host: string): DeliveryFailed {
  return new DeliveryFailed(`${host} is not a public address, and none else is called.`);
}
