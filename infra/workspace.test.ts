import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const read = (path: string): string => readFileSync(ROOT + path, "utf8");
const scripts: Record<string, string> = JSON.parse(read("package.json")).scripts;

test("every npm command that the documentation names is a script", () => {
  const documents = globSync(["README.md", "docs/**/*.md"], { cwd: ROOT }).filter((path) =>
    existsSync(ROOT + path),
  );
  const commands = documents.flatMap((path) =>
    [...read(path).matchAll(/\bnpm (?:run (?:-s |--silent )?([\w:-]+)|(start|stop|test)\b)/g)].map(
      (match) => match[1] ?? match[2] ?? "",
    ),
  );
  expect(commands.filter((command) => !(command in scripts))).toEqual([]);
});

test("every script runs a file that exists", () => {
  const files = Object.values(scripts).flatMap((script) =>
    script.split(" ").filter((word) => /\.(ts|mjs)$/.test(word)),
  );
  expect(files.filter((file) => !existsSync(ROOT + file))).toEqual([]);
});

test("every service and package says with a tag what it may import", () => {
  const untagged = globSync("{services,packages}/*/package.json", { cwd: ROOT }).filter(
    (manifest) => {
      const file = manifest.replace("package.json", "turbo.json");
      const tag = manifest.startsWith("services/") ? /"service"/ : /"(base|package)"/;
      return !existsSync(ROOT + file) || !tag.test(read(file));
    },
  );
  expect(untagged).toEqual([]);
});

test("no committed file depends on one package registry's address", () => {
  const search = [
    "grep",
    "-lIE",
    "registry\\.(npmjs|yarnpkg)|npm\\.pkg\\.|_authToken",
    "--",
    ":!infra/workspace.test.ts",
  ];
  let found = "";
  try {
    found = execFileSync("git", search, {
      cwd: ROOT,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    // git grep ends with 1 when nothing is found.
    if (!(error instanceof Error && "status" in error && error.status === 1)) throw error;
  }
  expect(found.split("\n").filter(Boolean)).toEqual([]);
});
