import { expect, test } from "vitest";
import { scramSecret } from "./scram-secret.ts";

test("the same password and salt give the same secret, which PgBouncer and PostgreSQL must share", () => {
  const salt = Buffer.alloc(16, 7);
  expect(scramSecret("pencil", salt)).toBe(scramSecret("pencil", salt));
  expect(scramSecret("pencil", salt)).toMatch(
    /^SCRAM-SHA-256\$4096:BwcHBwcHBwcHBwcHBwcHBw==\$[\w+/]{43}=:[\w+/]{43}=$/,
  );
  expect(scramSecret("pencil")).not.toBe(scramSecret("pencil"));
});

test("a password that would need preparation is refused", () => {
  expect(() => scramSecret("Schlüssel")).toThrow("printable ASCII");
});
