// `npm test`: the checks, then every test. What it prints last is what failed, and `N passed, N failed`, of all of them
// together.
//
//   npm test                                all of it
//   npm test -- --project unit              one project (or more), without the checks
//   npm test -- test/integration/roles      files whose path contains this, without the checks
//   npm test -- --pg /path/to/bin           against the PostgreSQL whose binaries are there
//   npm test -- --also-pg /path/to/bin      a second pass against that PostgreSQL: integration and e2e without what
//                                           works alike on every version (second-pass.ts)
import { parseArgs } from "node:util";
import { check, type Counts } from "./check.ts";
import { runVitest } from "./run-vitest.ts";
import { ALIKE_ON_EVERY_POSTGRES } from "./second-pass.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    project: { type: "string", multiple: true, default: [] },
    pg: { type: "string" },
    "also-pg": { type: "string" },
  },
});

const selected = values.project.length > 0 || positionals.length > 0;
const counts: Counts[] = [];
if (selected) {
  counts.push(
    await runVitest({ projects: values.project, files: positionals, postgres: values.pg }),
  );
} else {
  counts.push(await check());
  // By itself first: it needs no stack, and is heard even where none can be started.
  counts.push(await runVitest({ projects: ["unit"], files: [], postgres: values.pg }));
  counts.push(
    await runVitest({ projects: ["integration", "e2e", "chaos"], files: [], postgres: values.pg }),
  );
}
if (values["also-pg"] !== undefined) {
  process.stdout.write(`\nSecond pass, PostgreSQL from ${values["also-pg"]}\n`);
  counts.push(
    await runVitest({
      projects: ["integration", "e2e"],
      files: [],
      excluded: Object.keys(ALIKE_ON_EVERY_POSTGRES),
      postgres: values["also-pg"],
    }),
  );
}

const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failures = counts.flatMap((count) => count.failures);
process.exitCode = failures.length === 0 && passed > 0 ? 0 : 1;
// Once more, together and at the end: of a long log the end is what is kept.
for (const failure of failures) process.stdout.write(`FAILED ${failure}\n`);
process.stdout.write(`${passed} passed, ${failures.length} failed\n`);
