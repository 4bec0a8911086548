import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

const INDEX = new URL("../index.ts", import.meta.url).href;

/** Opens tracing in a process of its own that says what it loaded of OpenTelemetry, past the API that prom-client loads. */
function openIn(env: Record<string, string>): { isOn: boolean; loaded: string[] } {
  const program = `
    import { registerHooks } from "node:module";
    import { Value } from "typebox/value";
    const loaded = [];
    registerHooks({ resolve: (specifier, context, next) => {
      if (/^@opentelemetry\\/(?!api$)/.test(specifier)) loaded.push(specifier);
      return next(specifier, context);
    } });
    const { TracingSettings, createLogger, createRegistry, openTracing } = await import("${INDEX}");
    const env = JSON.parse(process.env.TRACING);
    const settings = Value.Parse(TracingSettings, Value.Default(TracingSettings, env));
    const tracing = await openTracing({
      service: "test", settings, registry: createRegistry("test"),
      logger: createLogger({ service: "test", level: "silent" }),
    });
    await tracing?.close();
    console.log(JSON.stringify({ isOn: tracing !== undefined, loaded }));`;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: new URL("..", import.meta.url),
    encoding: "utf8",
    env: { ...process.env, TRACING: JSON.stringify(env) },
  });
  return JSON.parse(output) as { isOn: boolean; loaded: string[] };
}

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" };

test.each<[string, object]>([
  ["no endpoint is set", {}],
  ["the SDK is disabled", { ...ENDPOINT, OTEL_SDK_DISABLED: true }],
  ["there is no exporter", { ...ENDPOINT, OTEL_TRACES_EXPORTER: "none" }],
])("when %s nothing is traced, and nothing of OpenTelemetry's SDK is loaded", (_when, env) => {
  expect(openIn(env as Record<string, string>)).toEqual({ isOn: false, loaded: [] });
});

test.each(["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"])(
  "%s turns it on",
  (name) => {
    const { isOn, loaded } = openIn({ [name]: "http://127.0.0.1:9" });
    expect(isOn).toBe(true);
    expect(loaded).toContain("@opentelemetry/sdk-trace");
  },
);
