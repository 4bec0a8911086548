import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { readStack } from "@sluice/testing";
import { closing } from "../proxy/closing.ts";

const PROTOCOL = 196_608;

/** So many clients connect at once, to all aliases in turn, say who they are, and then nothing more. */
export async function storm(clients: number, ms: number): Promise<void> {
  const urls = Object.values(readStack().pgbouncer.urls).map((url) => new URL(url));
  const sockets = Array.from({ length: clients }, (_, client) =>
    begin(urls[client % urls.length]!),
  );
  try {
    await sleep(ms);
  } finally {
    const open = sockets.filter(({ closed }) => !closed);
    const closed = open.map(closing);
    for (const socket of open) socket.destroy();
    await Promise.all(closed);
  }
}

function begin({ hostname, port, username, pathname }: URL): Socket {
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {}); // refused, as many of them are meant to be
  socket.resume();
  socket.write(startup({ user: username, database: pathname.slice(1) }));
  return socket;
}

/** The first message of PostgreSQL's protocol 3.0. */
function startup(parameters: Readonly<Record<string, string>>): Buffer {
  const text = Object.entries(parameters).flat().join("\0");
  const body = Buffer.from(`${text}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + body.length, 0);
  head.writeInt32BE(PROTOCOL, 4);
  return Buffer.concat([head, body]);
}
