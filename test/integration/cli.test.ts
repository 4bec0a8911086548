import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "@sluice/ops/cli";
import { readStack } from "@sluice/testing";
import { expect, test } from "vitest";
import { look } from "./ops-layers.ts";

const MAIN = fileURLToPath(new URL("../../services/ops/src/cli/main.ts", import.meta.url));
const HOME = dirname(process.env["SLUICE_STACK"]!);

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line against the stack of the test run. In this process: starting one takes seconds. */
async function sluice(line: string, environment: NodeJS.ProcessEnv = {}): Promise<Result> {
  const env = { ...process.env, SLUICE_HOME: HOME, ...environment };
  const { exitCode, stdout, stderr } = await run(line.split(" "), env);
  return { code: exitCode, stdout, stderr };
}

/** The same as a user would. */
function program(line: string): Promise<Result> {
  const env = { ...process.env, SLUICE_HOME: HOME };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...line.split(" ")], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

/** Members of the answers that the tests go on with. */
interface Answer {
  readonly id: string;
  readonly key: string;
  readonly expires_at: string | null;
  readonly items: readonly { readonly name: string }[];
  readonly next_cursor: string | null;
}

/** The answer of a command that ends well, as a program reads it. */
async function answer(line: string): Promise<Answer> {
  const { code, stdout, stderr } = await sluice(`${line} --json`);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Answer;
}

const newName = (): string => `c-${randomBytes(6).toString("hex")}`;

test("a tenant, its project and a key of it are created, listed, rotated and revoked", async () => {
  const [tenant, project] = [newName(), newName()];
  expect(await answer(`tenants create ${tenant}`)).toMatchObject({ name: tenant });
  expect(await answer(`projects create ${project} --tenant ${tenant}`)).toMatchObject({
    name: project,
    tenant,
  });
  expect(await answer(`projects list --tenant ${tenant}`)).toMatchObject({
    items: [{ name: project, tenant }],
    next_cursor: null,
  });
  const scopes = "--scope features:write --scope jobs:read,features:read";
  const created = await answer(
    `keys create --name ci --tenant ${tenant} --project ${project} ${scopes} --expires-in 7d`,
  );
  expect(created).toMatchObject({
    name: "ci",
    tenant,
    project,
    scopes: ["features:read", "features:write", "jobs:read"],
  });
  expect(created.key).toBe(`sluice_${created.id}_${created.key.split("_")[2]}`);

  const rotated = await answer(`keys rotate ${created.id} --grace 1h`);
  expect(rotated).toMatchObject({
    name: "ci",
    project,
    expires_at: created.expires_at,
    announced: true,
  });
  for (const _twice of [1, 2]) {
    const revoked = await answer(`keys revoke ${created.id} --tenant ${tenant}`);
    expect(revoked).toMatchObject({ id: created.id, announced: true });
  }
  const listed = await sluice(`keys list --tenant ${tenant}`);
  expect(listed.stdout).toMatch(new RegExp(`${created.id} +ci +${project} +revoked`));
  expect(listed.stdout).toMatch(new RegExp(`${rotated.id} +ci +${project} +valid`));
  const log = await look("audit-log", `?tenant=${tenant}`);
  expect(log.items.map(({ action, target }) => [action, target])).toEqual([
    ["key.revoke", created.id],
    ["key.revoke", created.id],
    ["key.rotate", created.id],
    ["key.create", created.id],
    ["project.create", project],
    ["tenant.create", tenant],
  ]);
  expect(log.items[0]!.actor).toMatch(/^cli:./);
  const secret = rotated.key.split("_")[2]!;
  const everything = await sluice(`keys list --tenant ${tenant} --json`);
  expect(everything.stdout).not.toContain(secret);
  expect(everything.stdout).not.toMatch(/sha256|secret/);
});

test("lists are paged by cursors that cannot be made up or carried elsewhere", async () => {
  const tenant = newName();
  await answer(`tenants create ${tenant}`);
  for (const name of ["a", "b", "c"])
    await answer(`projects create ${tenant}-${name} --tenant ${tenant}`);
  const first = await answer(`projects list --tenant ${tenant} --limit 2`);
  const second = await answer(
    `projects list --tenant ${tenant} --limit 2 --cursor ${first.next_cursor}`,
  );
  const names = [first, second].flatMap((page) => page.items.map(({ name }) => name));
  expect(names).toEqual(["a", "b", "c"].map((name) => `${tenant}-${name}`));
  expect(second.next_cursor).toBeNull();
  for (const line of [
    `projects list --tenant ${tenant} --cursor abc`,
    `tenants list --cursor ${first.next_cursor}`,
  ]) {
    const { code, stderr } = await sluice(line);
    expect({ code, refused: stderr.includes("not from this list") }).toEqual({
      code: 2,
      refused: true,
    });
  }
});

test("what exists already, or does not, is a failure; what can never be is wrong use", async () => {
  const [tenant, other, project] = [newName(), newName(), newName()];
  for (const name of [tenant, other]) await answer(`tenants create ${name}`);
  await answer(`projects create ${project} --tenant ${other}`);
  const key = `keys create --name n --tenant ${tenant}`;
  const expected: [string, number, string][] = [
    [`tenants create ${tenant}`, 1, "ALREADY_EXISTS"],
    [`projects create ${project} --tenant ${tenant}`, 1, "ALREADY_EXISTS"],
    [`projects create ${newName()} --tenant ${newName()}`, 1, "TENANT_NOT_FOUND"],
    [`${key} --scope jobs:read --project ${project}`, 1, "PROJECT_NOT_FOUND"],
    [`keys list --tenant ${newName()}`, 1, "TENANT_NOT_FOUND"],
    ["keys revoke nothing", 1, "KEY_NOT_FOUND"],
    ["keys rotate nothing", 1, "KEY_NOT_FOUND"],
    [`quotas get ${newName()}`, 1, "TENANT_NOT_FOUND"],
    ["tenants create Upper", 2, "VALIDATION_FAILED"],
    [`${key} --scope ops:read`, 2, "platform keys only"],
    [`${key} --scope everything`, 2, "is not a scope"],
    [`${key} --scope jobs:read --expires-at yesterday`, 2, "VALIDATION_FAILED"],
    [`${key} --scope jobs:read --expires-at 2020-01-01T00:00:00Z`, 2, "in the future"],
  ];
  const results = await Promise.all(
    expected.map(async ([line, , text]) => {
      const { code, stdout, stderr } = await sluice(line);
      return [line, code, stderr.includes(text) && stdout === "" ? text : stderr];
    }),
  );
  expect(results).toEqual(expected);
});

test("quotas are set one by one, and none takes one away", async () => {
  const tenant = newName();
  await answer(`tenants create ${tenant}`);
  const none = { requests_per_second: null, concurrent_requests: null, running_jobs: null };
  expect(await answer(`quotas get ${tenant}`)).toEqual(none);
  await answer(`quotas set ${tenant} --requests-per-second 50 --running-jobs 3`);
  await answer(`quotas set ${tenant} --running-jobs none --concurrent-requests 0`);
  expect(await answer(`quotas get ${tenant}`)).toEqual({
    ...none,
    requests_per_second: 50,
    concurrent_requests: 0,
  });
});

test("a revocation that nobody hears says how long it may take", async () => {
  const tenant = newName();
  await answer(`tenants create ${tenant}`);
  const { id } = await answer(`keys create --name n --tenant ${tenant} --scope jobs:read`);
  const { pgbouncer } = readStack();
  const environment = {
    SLUICE_ADMIN_URL: pgbouncer.urls["admin"],
    SLUICE_REDIS_URL: "redis://127.0.0.1:1",
  };
  const { code, stderr } = await sluice(`keys revoke ${id}`, environment);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("up to 10 s") });
});

test("migrations that are all applied leave nothing to do", async () => {
  const { code, stdout } = await program("migrate --status");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ *1 +auth +applied$/m);
});

test("the program prints, complains and ends as the command says", async () => {
  const missing = `quotas get ${newName()}`;
  for (const [line, code] of [
    [missing, 1],
    ["no such command", 2],
  ] as const) {
    const inProcess = await sluice(line);
    expect(inProcess.code).toBe(code);
    expect(await program(line)).toEqual(inProcess);
  }
});
