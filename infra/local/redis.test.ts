import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { REDIS_USER, renderRedisConf } from "./redis.ts";
import { Secrets } from "./secrets.ts";

test("Redis listens on loopback with a password and writes nothing to disk", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-redis-"));
  const secrets = await Secrets.open(join(folder, "secrets.json"), [REDIS_USER]);
  const conf = renderRedisConf({ port: 7112, place: folder, secrets });
  expect(conf).toContain("bind 127.0.0.1\nport 7112\n");
  expect(conf).toContain(`requirepass ${secrets.password(REDIS_USER).password}\n`);
  expect(conf).toContain('save ""\nappendonly no\n');
  rmSync(folder, { recursive: true });
});
