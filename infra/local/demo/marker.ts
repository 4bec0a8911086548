import { createHash } from "node:crypto";
import { join } from "node:path";
import { replaceJson } from "../atomic-file.ts";
import type { Home } from "../home.ts";
import { readJson } from "../json-file.ts";
import type { StackFile } from "../stack-file.ts";

/** Counts up when the demo's data change, so that they are loaded again. */
const DEMO_VERSION = 2;

interface Marker {
  readonly version: number;
  /** Hash of the demo's key: another key means another database. */
  readonly key: string;
}

export async function isDemoLoaded(home: Home, stack: StackFile): Promise<boolean> {
  const found = await readJson<Marker>(markerFile(home));
  return found?.version === DEMO_VERSION && found.key === hashOf(stack.keys.demo);
}

export async function markDemoLoaded(home: Home, stack: StackFile): Promise<void> {
  await replaceJson(markerFile(home), {
    version: DEMO_VERSION,
    key: hashOf(stack.keys.demo),
  } satisfies Marker);
}

function markerFile(home: Home): string {
  return join(home.root, "demo.json");
}

function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
