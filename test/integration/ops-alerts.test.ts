import { setTimeout as sleep } from "node:timers/promises";
import { readStack } from "@sluice/testing";
import { expect, test } from "vitest";
import { expectOps, ops, uniqueName } from "./ops-api.ts";
import { look } from "./ops-layers.ts";

const PATH = "/v1/ops/alerts";

interface Alert {
  readonly status: "firing" | "resolved";
  readonly startsAt: string;
  readonly [member: string]: unknown;
}

function alert(members: Partial<Alert> = {}): Alert {
  return {
    status: "firing",
    labels: { alertname: "Test", severity: "warning" },
    annotations: { summary: "something" },
    startsAt: "2026-01-02T03:04:05.000Z",
    endsAt: "0001-01-01T00:00:00Z",
    generatorURL: "http://prometheus:9090/graph",
    fingerprint: uniqueName(),
    ...members,
  };
}

/** What Alertmanager sends, with members that are not read. */
function message(...alerts: Alert[]): object {
  return {
    version: "4",
    groupKey: '{}:{alertname="Test"}',
    status: "firing",
    receiver: "sluice",
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: "http://alertmanager:9093",
    truncatedAlerts: 0,
    alerts,
  };
}

async function find(fingerprint: unknown, state = "") {
  const { items } = await look("alerts", `?limit=1000${state && `&state=${state}`}`);
  return items.filter((item) => item.fingerprint === fingerprint);
}

test("an alert fires, is told again, and is resolved: one entry", async () => {
  const firing = alert();
  for (const _twice of [1, 2])
    expect(await expectOps(200, "POST", PATH, message(firing))).toEqual({ received: 1 });
  expect(await find(firing["fingerprint"])).toMatchObject([
    {
      name: "Test",
      severity: "warning",
      state: "firing",
      starts_at: "2026-01-02T03:04:05.000000Z",
      ends_at: null,
      receiver: "sluice",
      labels: firing["labels"],
      annotations: firing["annotations"],
    },
  ]);
  const resolved = { ...firing, status: "resolved" as const, endsAt: "2026-01-02T03:09:05Z" };
  await expectOps(200, "POST", PATH, message(resolved));
  expect(await find(firing["fingerprint"], "firing")).toEqual([]);
  expect(await find(firing["fingerprint"], "resolved")).toMatchObject([
    { state: "resolved", ends_at: "2026-01-02T03:09:05.000000Z" },
  ]);
  // Another time is another entry.
  await expectOps(200, "POST", PATH, message({ ...firing, startsAt: "2026-01-03T00:00:00Z" }));
  expect(await find(firing["fingerprint"])).toHaveLength(2);
});

test("messages about the same alerts at the same time, in any order, are all taken", async () => {
  const alerts = Array.from({ length: 50 }, () => alert());
  const messages = Array.from({ length: 20 }, (_, index) =>
    message(...(index % 2 === 0 ? alerts : alerts.toReversed())),
  );
  // The gate of diagnostics is small: who finds it full comes again, as Alertmanager does.
  const deliver = async (body: unknown): Promise<number> => {
    for (;;) {
      const { status } = await ops("POST", PATH, body);
      if (status !== 503) return status;
      await sleep(50);
    }
  };
  const answers = await Promise.all(messages.map(deliver));
  expect(new Set(answers)).toEqual(new Set([200]));
});

test("the list is paged from the newest, without loss or repetition", async () => {
  const alerts = Array.from({ length: 7 }, (_, index) =>
    alert({ startsAt: `2099-01-0${1 + Math.floor(index / 3)}T00:00:00Z` }),
  );
  await expectOps(200, "POST", PATH, message(...alerts));
  const ours = new Set(alerts.map(({ fingerprint }) => fingerprint));
  const seen: { starts_at: string; fingerprint: unknown }[] = [];
  let cursor: string | null = "";
  do {
    const page: Awaited<ReturnType<typeof look<"alerts">>> = await look(
      "alerts",
      `?limit=2${cursor && `&cursor=${cursor}`}`,
    );
    seen.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  const times = seen.map(({ starts_at }) => starts_at);
  expect(times).toEqual(times.toSorted().toReversed());
  const found = seen.flatMap(({ fingerprint }) => (ours.has(fingerprint) ? [fingerprint] : []));
  expect(found).toHaveLength(alerts.length);
  expect(new Set(found)).toEqual(ours);
});

test("bad messages get a precise refusal, and only ops:write may send any", async () => {
  const cases: [unknown, number, string][] = [
    ["{", 400, "INVALID_JSON"],
    [{}, 422, "VALIDATION_FAILED"],
    [message({ ...alert(), status: "burning" as never }), 422, "VALIDATION_FAILED"],
    [message(alert({ fingerprint: "a b" })), 422, "VALIDATION_FAILED"],
    [message(alert({ startsAt: "yesterday" })), 422, "VALIDATION_FAILED"],
    [message(alert({ startsAt: "2026-02-30T00:00:00Z" })), 422, "VALIDATION_FAILED"],
    [message(alert({ labels: { alertname: "\0" } })), 422, "VALIDATION_FAILED"],
    [message(alert({ annotations: { "\0": "x" } })), 422, "VALIDATION_FAILED"],
    [message(alert({ labels: { alertname: 1 } })), 422, "VALIDATION_FAILED"],
  ];
  for (const [body, status, code] of cases) {
    const answer = await ops("POST", PATH, body);
    expect(answer, JSON.stringify(body)).toMatchObject({ status, body: { code } });
  }
  expect(await expectOps(200, "POST", PATH, message())).toEqual({ received: 0 });
  const { demo } = readStack().keys;
  expect(await ops("POST", PATH, message(alert()), { key: demo })).toMatchObject({
    status: 403,
    body: { code: "FORBIDDEN", scope: "ops:write" },
  });
});

test("the document's example of a message is one", async () => {
  const document = (await expectOps(200, "GET", "/openapi.json")) as {
    paths: {
      [PATH]: { post: { requestBody: { content: { "application/json": { example: unknown } } } } };
    };
  };
  const { requestBody } = document.paths[PATH].post;
  const { example } = requestBody.content["application/json"];
  expect(await expectOps(200, "POST", PATH, example)).toEqual({ received: 1 });
});
