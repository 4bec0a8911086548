import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { freePort } from "@sluice/testing";
import { startServer } from "./start-server.ts";

/** Debian's own, whatever else is called python3. */
const PYTHON = "/usr/bin/python3";

/** FastAPI over asyncpg, where Debian's packages of them are installed; says so and is left out where not. */
export async function startFastApi(): Promise<{ url: string; stop: () => void } | undefined> {
  try {
    execFileSync(PYTHON, ["-c", "import fastapi, uvicorn, asyncpg"], { stdio: "ignore" });
  } catch {
    process.stdout.write(
      "FastAPI is left out; to have it: apt-get install python3-fastapi python3-uvicorn python3-asyncpg python3-uvloop python3-httptools\n\n",
    );
    return undefined;
  }
  const port = await freePort();
  const file = fileURLToPath(new URL("fastapi_look_up.py", import.meta.url));
  const server = await startServer(PYTHON, file, port);
  return { url: `http://127.0.0.1:${port}`, stop: () => void server.kill() };
}
