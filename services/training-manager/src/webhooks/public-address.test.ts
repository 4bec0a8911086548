import { SocketAddress } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isPublicAddress, literalAddress } from "./public-address.ts";

/** An address as bytes: of `net`, with everything behind its prefix at random. */
function within(net: string, prefix: number): fc.Arbitrary<string> {
  const bits = net.includes(":") ? 128 : 32;
  const base = bitsOf(net);
  return fc
    .bigInt({ min: 0n, max: (1n << BigInt(bits - prefix)) - 1n })
    .map((rest) => textOf(base | rest, bits));
}

function bitsOf(address: string): bigint {
  if (!address.includes(":")) {
    return address.split(".").reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
  }
  const [head = "", tail = ""] = address.split("::");
  const groups = (text: string) => text.split(":").filter(Boolean);
  const zeros = new Array<string>(8 - groups(head).length - groups(tail).length).fill("0");
  return [...groups(head), ...zeros, ...groups(tail)].reduce(
    (sum, group) => (sum << 16n) | BigInt(`0x${group}`),
    0n,
  );
}

function textOf(value: bigint, bits: number): string {
  const [width, base, separator] = bits === 32 ? [8, 10, "."] : [16, 16, ":"];
  return Array.from({ length: bits / width }, (_, index) =>
    ((value >> BigInt(bits - width * (index + 1))) & ((1n << BigInt(width)) - 1n)).toString(base),
  ).join(separator);
}

test.each([
  ["this host", "0.0.0.0", 8],
  ["private", "10.0.0.0", 8],
  ["carrier-grade NAT", "100.64.0.0", 10],
  ["loopback", "127.0.0.0", 8],
  ["link-local and metadata", "169.254.0.0", 16],
  ["private", "172.16.0.0", 12],
  ["private", "192.168.0.0", 16],
  ["benchmarks", "198.18.0.0", 15],
  ["multicast", "224.0.0.0", 4],
  ["reserved and broadcast", "240.0.0.0", 4],
  ["unspecified", "::", 128],
  ["loopback", "::1", 128],
  ["IPv4-mapped", "::ffff:0:0", 96],
  ["IPv4-compatible", "::", 96],
  ["NAT64", "64:ff9b::", 96],
  ["Teredo", "2001::", 32],
  ["6to4", "2002::", 16],
  ["documentation", "2001:db8::", 32],
  ["unique-local", "fc00::", 7],
  ["link-local", "fe80::", 10],
  ["site-local", "fec0::", 10],
  ["multicast", "ff00::", 8],
])("%s is not public: %s/%i", (_what, net, prefix) => {
  fc.assert(
    fc.property(within(net, prefix), (address) => {
      expect(isPublicAddress(address)).toBe(false);
    }),
  );
});

test.each([
  ["1.0.0.0", 8],
  ["8.8.8.0", 24],
  ["100.128.0.0", 9],
  ["172.32.0.0", 11],
  ["192.169.0.0", 16],
  ["223.255.255.0", 24],
  ["2400::", 12],
  ["2600::", 12],
  ["2a00::", 12],
])("what surrounds them is: %s/%i", (net, prefix) => {
  fc.assert(
    fc.property(within(net, prefix), (address) => {
      expect(isPublicAddress(address)).toBe(true);
    }),
  );
});

test("every IPv4 address is judged alike however it is written, and never public when it is mapped", () => {
  fc.assert(
    fc.property(within("0.0.0.0", 0), (address) => {
      const written = bitsOf(address);
      for (const host of [address, String(written), `0x${written.toString(16)}`]) {
        expect(literalAddress(new URL(`http://${host}/`))).toBe(address);
      }
      const mapped = new SocketAddress({ address: `::ffff:${address}`, family: "ipv6" }).address;
      expect(isPublicAddress(mapped)).toBe(false);
      expect(literalAddress(new URL(`http://[::ffff:${address}]/`))).toMatch(/^::ffff:/);
    }),
  );
});

test.each(["", "example.com", "localhost", "fe80::1%eth0", "2600::1%eth0", "1.2.3", "8.8.8.8 "])(
  "%j is no public address",
  (text) => {
    expect(isPublicAddress(text)).toBe(false);
  },
);
