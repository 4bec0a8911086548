import { expect, test } from "vitest";
import { signatureOf } from "./signature.ts";

test("the signature is the HMAC of time and body, as `openssl dgst -sha256 -hmac` has it", () => {
  // printf '1700000000.{"event":"failed"}' | openssl dgst -sha256 -hmac 'a secret of 16 bytes'
  expect(signatureOf("a secret of 16 bytes", 1_700_000_000, '{"event":"failed"}')).toBe(
    "t=1700000000,v1=077d7b0d1d448e233166bc5e8852ee358f93cfc3be290f10d43a7312cebeadb1",
  );
});
