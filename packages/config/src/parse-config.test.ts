import { Type } from "typebox";
import { expect, test } from "vitest";
import { ConfigError, parseConfig } from "./index.ts";

const SCHEMA = Type.Object({
  SLUICE_HOST: Type.String({ default: "127.0.0.1" }),
  SLUICE_PORT: Type.Integer({ minimum: 1, maximum: 65535, description: "public port" }),
  SLUICE_RATIO: Type.Number({ default: 0.5 }),
  SLUICE_TRACE: Type.Boolean({ default: false }),
  SLUICE_PROFILE: Type.Union([Type.Literal("local"), Type.Literal("reference")], {
    default: "local",
  }),
  SLUICE_FEATURE_URL: Type.String({ pattern: "^postgres://" }),
  SLUICE_INSTANCE: Type.Optional(Type.String()),
});

const GOOD = { SLUICE_PORT: "7101", SLUICE_FEATURE_URL: "postgres://u:p@h/d" };

function faultsOf(env: Record<string, string>): ConfigError {
  try {
    parseConfig(SCHEMA, env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("The environment was accepted.");
}

test("texts become what the schema says, with its defaults and nothing else", () => {
  const env = { ...GOOD, SLUICE_TRACE: "1", SLUICE_RATIO: "0.25", PATH: "/bin" };
  const config = parseConfig(SCHEMA, env);
  expect(config).toEqual({
    SLUICE_HOST: "127.0.0.1",
    SLUICE_PORT: 7101,
    SLUICE_RATIO: 0.25,
    SLUICE_TRACE: true,
    SLUICE_PROFILE: "local",
    SLUICE_FEATURE_URL: "postgres://u:p@h/d",
  });
  expect(Object.isFrozen(config)).toBe(true);
});

test("an empty variable counts as not set", () => {
  expect(parseConfig(SCHEMA, { ...GOOD, SLUICE_HOST: "" }).SLUICE_HOST).toBe("127.0.0.1");
  expect(faultsOf({ ...GOOD, SLUICE_PORT: "" }).faults).toHaveLength(1);
});

test("all faults come at once, each with what was expected", () => {
  const { message, faults } = faultsOf({
    SLUICE_PORT: "70000",
    SLUICE_RATIO: "half",
    SLUICE_TRACE: "yes",
    SLUICE_PROFILE: "production",
  });
  expect(faults.map((f) => f.name)).toEqual([
    "SLUICE_PORT",
    "SLUICE_RATIO",
    "SLUICE_TRACE",
    "SLUICE_PROFILE",
    "SLUICE_FEATURE_URL",
  ]);
  expect(message).toContain(
    "SLUICE_PORT is not valid; expected integer, at least 1, at most 65535 (public port)",
  );
  expect(message).toContain('SLUICE_PROFILE is not valid; expected "local" or "reference"');
  expect(message).toContain("SLUICE_FEATURE_URL is not set; expected string");
});

test.each(["8080.5", "0x1f90", "1e3", "8080 ", "٣", "NaN"])("%s is not a port", (text) => {
  expect(faultsOf({ ...GOOD, SLUICE_PORT: text }).faults[0]?.name).toBe("SLUICE_PORT");
});

test("a value never gets into the error", () => {
  const error = faultsOf({ ...GOOD, SLUICE_FEATURE_URL: "mysql://u:hunter2@h/d" });
  expect(JSON.stringify([error, error.message, error.stack, error.faults])).not.toMatch(/hunter2/);
});
