import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";

/** A gate that is changed while it is in use, as `packages/db` opens them. */
export interface AdjustableGate {
  readonly pool: string;
  limits(): GateLimits;
  adjust(limits: Partial<GateLimits>): void;
}

interface GateLimits {
  readonly base: number;
  readonly overflow: number;
  readonly maxWaiters: number;
  readonly acquireTimeoutMs: number;
}

/** Gates of this process, and what somebody has to know who changes them. */
export interface GateControl {
  readonly gates: readonly AdjustableGate[];
  /** Without one nobody changes them. */
  readonly token: string | undefined;
}

export const NO_GATES: GateControl = { gates: [], token: undefined };

const whole = (minimum: number) => Type.Optional(Type.Integer({ minimum, maximum: 1_000_000_000 }));

/** As workloads.yaml names them; what is left out stays. */
const GateSettings = Type.Object(
  { base: whole(1), overflow: whole(0), max_waiters: whole(0), acquire_timeout_ms: whole(1) },
  { additionalProperties: false },
);

type GateSettings = Static<typeof GateSettings>;

/** What a request to the internal listener is answered. */
export interface GateAnswer {
  readonly status: number;
  readonly body: object;
}

const MAX_BODY_BYTES = 4_096;

/** `GET /gates`: the settings of each gate by pool. */
export function readGates({ gates }: GateControl): Record<string, Required<GateSettings>> {
  return Object.fromEntries(gates.map((gate) => [gate.pool, settingsOf(gate)]));
}

/** `PUT /gates/{pool}`: changes a gate's settings at once, until the process ends. */
export async function changeGate(
  { gates, token }: GateControl,
  pool: string,
  request: IncomingMessage,
): Promise<GateAnswer> {
  if (!knows(token, request.headers.authorization))
    return refusal(401, "send the control token as a bearer token");
  const gate = gates.find((each) => each.pool === pool);
  if (gate === undefined) return refusal(404, `this process has no gate "${pool}"`);
  const body = await readBody(request);
  if (!Value.Check(GateSettings, body))
    return refusal(422, `settings are ${Object.keys(GateSettings.properties).join(", ")}`);
  const { base, overflow, max_waiters: maxWaiters, acquire_timeout_ms: acquireTimeoutMs } = body;
  const given = Object.entries({ base, overflow, maxWaiters, acquireTimeoutMs });
  gate.adjust(Object.fromEntries(given.filter(([, value]) => value !== undefined)));
  return { status: 200, body: settingsOf(gate) };
}

function settingsOf(gate: AdjustableGate): Required<GateSettings> {
  const { base, overflow, maxWaiters, acquireTimeoutMs } = gate.limits();
  return { base, overflow, max_waiters: maxWaiters, acquire_timeout_ms: acquireTimeoutMs };
}

function knows(token: string | undefined, authorization: string | undefined): boolean {
  if (token === undefined || authorization === undefined) return false;
  const [expected, given] = [Buffer.from(`Bearer ${token}`), Buffer.from(authorization)];
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/** undefined for what is no JSON, or too long to be settings. */
async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined; // Refused like any other body that is not settings.
  }
}

function refusal(status: number, error: string): GateAnswer {
  return { status, body: { error } };
}
