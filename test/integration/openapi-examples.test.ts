import { readStack } from "@sluice/testing";
import { Compile } from "typebox/schema";
import { beforeAll, describe, expect, test } from "vitest";
import { type FeatureProject, featureProject } from "./feature-project.ts";

interface Media {
  readonly schema?: object;
  readonly example?: unknown;
}

interface Operation {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly example?: string;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, Media>> }>
  >;
}

/** The examples read what they write themselves, and delete it last. */
const ORDER = ["put", "post", "get", "delete"];
const BASE = "/v1/projects/{project}";

let project: FeatureProject;
let operations: { method: string; path: string; operation: Operation }[];

beforeAll(async () => {
  project = await featureProject();
  const response = await fetch(`${readStack().services["feature-api"]!.url}/openapi.json`);
  const { paths } = (await response.json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  operations = Object.entries(paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
    )
    .toSorted((a, b) => ORDER.indexOf(a.method) - ORDER.indexOf(b.method));
});

describe("the examples of the OpenAPI document", () => {
  test("every operation's request is answered as it says, in a project that begins empty", async () => {
    expect(operations.length).toBeGreaterThan(0);
    for (const { method, path, operation } of operations) {
      const name = `${method} ${path}`;
      const target = exampleTarget(path, operation);
      const body = exampleBody(operation);
      expect(method === "get" || method === "delete" || body !== undefined, name).toBe(true);
      const { status, text, headers } = await project.send(method.toUpperCase(), target, body);
      const answer = operation.responses[status];
      expect(status, `${name}: ${text}`).toBeLessThan(300);
      expect(answer, `${name} answers ${status}`).toBeDefined();
      expect(answerFaults(answer?.content, headers.get("content-type"), text), name).toEqual([]);
    }
  });

  test("every example of an answer is one", () => {
    const media = operations.flatMap(({ operation }) =>
      Object.values(operation.responses).flatMap(({ content = {} }) => Object.values(content)),
    );
    const examples = media.filter(({ example }) => example !== undefined);
    expect(examples.length).toBeGreaterThan(0);
    for (const { schema, example } of examples) expect(faultsOf(schema, example)).toEqual([]);
  });
});

/** The path below the project, with each parameter's example in its place. */
function exampleTarget(path: string, { parameters = [] }: Operation): string {
  expect(path.startsWith(`${BASE}/`)).toBe(true);
  return path.slice(BASE.length).replaceAll(/\{([^}]+)\}/g, (_all, name: string) => {
    const parameter = parameters.find((each) => each.in === "path" && each.name === name);
    expect(parameter?.example, `${path} has an example of ${name}`).toBeTypeOf("string");
    return encodeURIComponent(parameter?.example ?? "");
  });
}

function exampleBody({ requestBody }: Operation): unknown {
  return requestBody?.content["application/json"]?.example;
}

/** How a body departs from the schema of its media type; without one it must be empty. */
function answerFaults(
  content: Readonly<Record<string, Media>> = {},
  contentType: string | null,
  text: string,
): unknown[] {
  const schema = content[contentType?.split(";")[0] ?? ""]?.schema;
  if (schema === undefined) return text === "" ? [] : [text];
  return faultsOf(schema, JSON.parse(text));
}

function faultsOf(schema: object | undefined, value: unknown): unknown[] {
  const [isValid, errors] = Compile(schema ?? {}).Errors(value);
  return isValid ? [] : [value, errors];
}
