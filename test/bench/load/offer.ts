import { runChild } from "../run-child.ts";
import type { Flow, LoadPlan, LoadResult } from "./plan.ts";

/** Offers load from a process of its own, and waits for what became of it. */
export function offer(plan: LoadPlan): Promise<LoadResult> {
  return runChild(new URL("generator.ts", import.meta.url), plan);
}

/** A whole HTTP request as text. */
export function requestText(
  { url, key, method = "GET" }: { url: string; key: string; method?: string },
  body?: string,
): Flow["requests"][number] {
  const { pathname, search, host } = new URL(url);
  const head = `${method} ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${key}\r\n`;
  if (body === undefined) return `${head}\r\n`;
  const length = Buffer.byteLength(body);
  return `${head}content-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`;
}
