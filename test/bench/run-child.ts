import { spawn } from "node:child_process";
import { once } from "node:events";
import { json } from "node:stream/consumers";

/** Runs a TypeScript file in a process of its own: a plan as JSON goes in, its result as JSON comes out. */
export async function runChild<Result>(file: URL, plan: unknown): Promise<Result> {
  const child = spawn(process.execPath, [file.pathname], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(plan));
  const [result] = await Promise.all([json(child.stdout), once(child, "exit")]);
  return result as Result;
}
