// Runs a TypeScript file of this repository on the Node that it pins, on any machine with Node >= 18:
//   node infra/local/bootstrap.mjs <script.ts> [arguments]
// Installs the dependencies first when they are missing or older than pnpm-lock.yaml. Plain JavaScript, no
// dependencies, and nothing of its own on stdout: that belongs to the script.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MODULES = path.join(ROOT, "node_modules");
const BIN = path.join(MODULES, ".bin");
const MARKER = path.join(MODULES, ".sluice-installed");
const LOCK = path.join(MODULES, ".sluice-installing");
const OLDEST_NODE = 18;

if (Number(process.versions.node.split(".")[0]) < OLDEST_NODE) {
  fail(
    `Sluice needs Node ${OLDEST_NODE} or newer to start with; this is ${process.version}. Install one from https://nodejs.org`,
  );
}
await installOnce();
run(process.argv.slice(2));

/** Brings node_modules to the lockfile's state; concurrent invocations wait for the first. */
async function installOnce() {
  const wanted = fingerprint();
  if (isInstalled(wanted)) return;
  fs.mkdirSync(MODULES, { recursive: true });
  await takeLock();
  try {
    if (!isInstalled(wanted)) await install(wanted);
  } finally {
    fs.rmSync(LOCK, { force: true });
  }
}

/** The lockfile's hash; with the platform, for a folder shared by two machines needs other binaries on each. */
function fingerprint() {
  const hash = createHash("sha256")
    .update(fs.readFileSync(path.join(ROOT, "pnpm-lock.yaml")))
    .digest("hex");
  return `${hash} ${process.platform}-${process.arch}\n`;
}

function isInstalled(wanted) {
  return read(MARKER) === wanted && fs.existsSync(path.join(BIN, "node"));
}

async function install(wanted) {
  const pnpm = JSON.parse(read(path.join(ROOT, "package.json"))).packageManager;
  say(`installing dependencies with ${pnpm} …`);
  const log = path.join(os.tmpdir(), `sluice-install-${process.pid}.log`);
  const args = ["-y", pnpm, "install", "--frozen-lockfile"];
  // CI=true: pnpm then asks no questions, which nobody could answer here.
  const code = await finished(args, fs.openSync(log, "w"));
  if (code !== 0)
    fail(
      `${explain(read(log))}\nnpx ${args.join(" ")} failed (${code}); the end of ${log}:\n${tail(read(log))}`,
    );
  requireLibraries();
  fs.writeFileSync(MARKER, wanted);
  fs.rmSync(log, { force: true });
}

/** Node 26 is linked with libatomic, which minimal images of Debian and Fedora lack. */
function requireLibraries() {
  const fault = nodeFault();
  if (fault === undefined) return;
  const steps = fault.includes("libatomic") ? libatomicSteps() : [];
  if (steps.length === 0) fail(`The pinned Node does not run on this system: ${fault}`);
  say("installing libatomic, which Node needs …");
  for (const [file, ...args] of steps) spawnSync(file, args, { stdio: "ignore" });
  if (nodeFault() === undefined) return;
  fail(`Node needs libatomic. Install it, then start again: ${steps.at(-1).join(" ")}`);
}

function nodeFault() {
  const { status, stderr, error } = spawnSync(path.join(BIN, "node"), ["--version"], {
    encoding: "utf8",
  });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

function libatomicSteps() {
  const sudo = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  if (fs.existsSync("/usr/bin/apt-get")) {
    const install = [...sudo, "apt-get", "install", "-y", "--no-install-recommends", "libatomic1"];
    return [[...sudo, "apt-get", "update"], install];
  }
  return fs.existsSync("/usr/bin/dnf") ? [[...sudo, "dnf", "install", "-y", "libatomic"]] : [];
}

function finished(args, output) {
  const env = { ...process.env, CI: "true" };
  const child = spawn("npx", args, {
    cwd: ROOT,
    env,
    stdio: ["ignore", output, output],
    shell: process.platform === "win32",
  });
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? code));
  });
}

function explain(log) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT|fetch failed|network/i.test(log)) {
    return "The npm registry cannot be reached: the first start downloads the dependencies and needs the network.";
  }
  if (/ERR_PNPM_OUTDATED_LOCKFILE/.test(log))
    return "pnpm-lock.yaml does not match the package.json files.";
  return "The dependencies could not be installed.";
}

/** One installation at a time; the lock of a process that is gone is taken over. */
async function takeLock() {
  for (let told = false; !createLock(); told = true) {
    const holder = Number(read(LOCK));
    if (holder > 0 && !isAlive(holder)) fs.rmSync(LOCK, { force: true });
    else if (!told) say("waiting for another installation to end …");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function createLock() {
  const own = `${LOCK}.${process.pid}`;
  try {
    fs.writeFileSync(own, String(process.pid));
    fs.linkSync(own, LOCK); // appears complete, and only if it was free
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  } finally {
    fs.rmSync(own, { force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Runs the script; its signals and its end are ours. */
function run(args) {
  if (args.length === 0) fail("Usage: node infra/local/bootstrap.mjs <script.ts> [arguments]");
  const env = { ...process.env, PATH: `${BIN}${path.delimiter}${process.env.PATH ?? ""}` };
  const child = spawn(path.join(BIN, "node"), args, { cwd: ROOT, env, stdio: "inherit" });
  const pass = (signal) => child.kill(signal);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, pass);
  child.once("error", (error) =>
    fail(`The pinned Node does not run: ${error.message}. Remove node_modules and start again.`),
  );
  child.once("exit", (code, signal) => {
    for (const name of signals) process.off(name, pass);
    if (signal) process.kill(process.pid, signal);
    else process.exitCode = code;
  });
}

function read(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return ""; // not there
  }
}

function tail(text) {
  return text
    .trimEnd()
    .split("\n")
    .slice(-20)
    .map((line) => `  | ${line}`)
    .join("\n");
}

function say(line) {
  process.stderr.write(`sluice: ${line}\n`);
}

function fail(message) {
  process.stderr.write(`sluice: ${message}\n`);
  process.exit(1);
}
