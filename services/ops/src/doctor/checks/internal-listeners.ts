import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import type { Check, Fault } from "../check.ts";

const TIMEOUT_MS = 500;

/** Looks from the addresses of this machine: run it where the services run. */
export const internalListeners: Check = {
  code: "INTERNAL_LISTENER",
  why: "Metrics and health ask for no key: they belong on loopback, or behind the scraper's network policy.",
  async find({ urls }) {
    const tries = Object.entries(urls.services).flatMap(([service, url]) =>
      publicAddresses().map((address) => look(service, address, Number(new URL(url).port))),
    );
    return (await Promise.all(tries)).flat();
  },
};

async function look(service: string, host: string, port: number): Promise<Fault[]> {
  if (!(await answers(host, port))) return [];
  return [
    {
      what: `The internal port ${port} of ${service} is open on ${host}.`,
      todo: "Bind it to 127.0.0.1 (the service's default), or close the port to others in the firewall.",
    },
  ];
}

/** This machine's addresses beside loopback; link-local ones need a zone and are left out. */
function publicAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith("fe80:"))
    .map(({ address }) => address);
}

function answers(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port, timeout: TIMEOUT_MS });
  const settle = (open: boolean) => (): void => {
    socket.destroy();
    resolve(open);
  };
  socket.once("connect", settle(true)).once("error", settle(false)).once("timeout", settle(false));
  return promise;
}
