import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { COMMANDS } from "./commands.ts";
import { run } from "./run.ts";

/** An environment that leads nowhere. */
const NOWHERE = { SLUICE_HOME: "/nonexistent" };

test.each(COMMANDS.map(({ words }) => words))(
  "%s --help shows every option of its synopsis and ends well",
  async (words) => {
    const { exitCode, stdout, stderr } = await run([...words.split(" "), "--help"], NOWHERE);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const [usage = "", _summary, options = ""] = stdout.split("\n\n");
    expect(usage).toContain(`usage: sluice ${words}`);
    for (const option of usage.match(/--[a-z-]+/g) ?? []) expect(options).toContain(`  ${option}`);
  },
);

test("--help lists the commands; no command, or one that is not there, is used wrongly", async () => {
  const help = await run(["--help"], NOWHERE);
  expect(help.exitCode).toBe(0);
  for (const { words } of COMMANDS) expect(help.stdout).toContain(words);
  expect(await run([], NOWHERE)).toMatchObject({ exitCode: 2, stdout: "" });
  const unknown = await run(["keys", "destroy"], NOWHERE);
  expect(unknown.exitCode).toBe(2);
  expect(unknown.stderr).toContain('there is no command "keys destroy"');
  expect(unknown.stderr).toContain("keys revoke");
  expect(unknown.stderr).not.toContain("tenants create");
});

test.each([
  [["tenants", "create"], "<tenant> is missing"],
  [["tenants", "create", "a", "b"], '"b" is one argument too many'],
  [["tenants", "list", "--limit", "many"], "--limit must be a whole number"],
  [["tenants", "list", "--colour"], "--colour"],
  [["projects", "create", "p"], "--tenant is missing"],
  [["keys", "create", "--name", "n"], "--tenant or --platform is missing"],
  [["keys", "create", "--name", "n", "--tenant", "t"], "--scope is missing"],
  [
    ["keys", "create", "--name", "n", "--platform", "--tenant", "t"],
    "--platform goes with neither",
  ],
  [["keys", "list"], "either --tenant or --platform"],
  [["keys", "rotate", "k", "--grace", "soon"], "--grace must be a duration"],
  [["plan", "--memory-gb", "4"], "--cores is missing"],
  [["plan", "--cores", "0", "--memory-gb", "4"], "--cores must be at least 1"],
  [["quotas", "set", "t"], "no quota is given"],
  [["quotas", "set", "t", "--running-jobs", "-1"], "--running-jobs"],
])("%j is used wrongly, and says how", async (argv, complaint) => {
  const { exitCode, stdout, stderr } = await run(argv, NOWHERE);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toContain(complaint);
  expect(stderr).toContain("usage: sluice ");
});

test("without a database to talk to it says what to set or start", async () => {
  const { exitCode, stderr } = await run(["tenants", "list"], NOWHERE);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("SLUICE_ADMIN_URL is not set and /nonexistent/stack.json is not there");
});

test("a database that cannot be reached is named, without its password", async () => {
  const url = "postgres://sluice_admin:hunter2@127.0.0.1:1/sluice_admin";
  const { exitCode, stderr } = await run(["tenants", "list"], { SLUICE_ADMIN_URL: url });
  expect(exitCode).toBe(1);
  expect(stderr).toContain("sluice_admin at 127.0.0.1:1");
  expect(stderr).not.toContain("hunter2");
});

test("the budget holds for every profile of the product", async () => {
  for (const profile of ["local", "reference"]) {
    const { exitCode, stdout } = await run(["budget", "--profile", profile, "--json"], {});
    const budget = JSON.parse(stdout);
    expect({ exitCode, ok: budget.ok }).toEqual({ exitCode: 0, ok: true });
    for (const side of [budget.client, budget.server])
      expect(side.margin).toBe(side.limit - side.used);
  }
});

test("a budget that is broken is found, by how much, on the side where it is", async () => {
  const product = fileURLToPath(new URL("../../../../infra/workloads.yaml", import.meta.url));
  const file = join(mkdtempSync(join(tmpdir(), "sluice-budget-")), "workloads.yaml");
  writeFileSync(
    file,
    readFileSync(product, "utf8").replaceAll(/max_connections: \d+/g, "max_connections: 20"),
  );
  const { exitCode, stdout } = await run(["budget"], { SLUICE_WORKLOADS_FILE: file });
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/Server side[^]*margin +-\d+ +BROKEN/);
  expect(stdout).toMatch(/Client side[^]*margin +\d+ +holds/);
});

test("a plan prints every file, and fails when there are too many instances for it", async () => {
  const machine = ["plan", "--cores", "64", "--memory-gb", "128"];
  const good = await run(machine, {});
  expect(good.exitCode).toBe(0);
  for (const text of [
    "shared_buffers = '32GB'",
    "vm.overcommit_memory = 2",
    "[databases]",
    "feature: { base: 3, overflow: 7 }",
  ])
    expect(good.stdout).toContain(text);
  const bad = await run([...machine, "--instances", "100000", "--json"], {});
  expect(bad.exitCode).toBe(1);
  expect(JSON.parse(bad.stdout)).toMatchObject({
    ok: false,
    notes: [expect.stringMatching(/run 2 of them/), expect.stringMatching(/cannot hold/)],
  });
});
