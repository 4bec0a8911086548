import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { Slot } from "@sluice/db";
import { readStack } from "@sluice/testing";
import { expect, onTestFinished, test } from "vitest";

/** Relays to `target` and counts how often the client spoke after the server had. */
async function countTurns(target: string): Promise<{ url: string; turns: () => number }> {
  const url = new URL(target);
  const { hostname, port } = url;
  let turns = 0;
  let hasAnswered = true;
  const relay = createServer((client) => {
    const server = connect(Number(port), hostname);
    client.on("data", () => {
      if (hasAnswered) turns += 1;
      hasAnswered = false;
    });
    server.on("data", () => (hasAnswered = true));
    client.pipe(server).pipe(client);
  });
  onTestFinished(() => void relay.close());
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  url.host = `127.0.0.1:${(relay.address() as AddressInfo).port}`;
  return { url: url.href, turns: () => turns };
}

test.each([
  { through: "PgBouncer", prepare: false, target: () => readStack().pgbouncer.urls["feature"]! },
  { through: "nothing", prepare: true, target: () => readStack().postgres.url },
])("a statement takes one round trip through $through", async ({ prepare, target }) => {
  const { url, turns } = await countTurns(target());
  const options = { url, applicationName: "turns", prepare, connectTimeoutMs: 5_000 };
  const slot = await Slot.open(options, () => undefined);
  onTestFinished(() => slot.close());
  const before = turns();
  const text = "select $1::bool as flag, $2::bytea as bytes, $3::jsonb as document";
  for (const flag of [true, false]) {
    const { rows } = await slot.query(text, [flag, Buffer.from([0, 255]), { a: [1] }]);
    expect(rows).toEqual([{ flag, bytes: Buffer.from([0, 255]), document: { a: [1] } }]);
  }
  expect(turns() - before).toBe(2);
});
