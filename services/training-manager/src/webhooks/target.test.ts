import { expect, test } from "vitest";
import { checkTarget } from "./target.ts";

const refused = expect.objectContaining({ code: "VALIDATION_FAILED", status: 422 }) as Error;

test.each([
  "http://127.0.0.1:8080/hook",
  "http://2130706433/",
  "http://0x7f.1/",
  "https://10.1.2.3/",
  "http://169.254.169.254/latest/meta-data/",
  "http://[::1]/",
  "http://[::ffff:192.168.0.1]/",
  "http://[fd00::1]/",
])("%s is refused, unless private addresses are allowed", (url) => {
  expect(() => checkTarget(url, false)).toThrow(refused);
  expect(() => checkTarget(url, true)).not.toThrow();
});

test.each(["https://hooks.example.com/a?b=c", "http://8.8.8.8/", "https://[2600::1]:8443/"])(
  "%s is taken",
  (url) => {
    expect(() => checkTarget(url, false)).not.toThrow();
  },
);

test.each(["https://", "https://user@example.com/", "https://:pass@example.com/"])(
  "%s is refused in any case",
  (url) => {
    expect(() => checkTarget(url, true)).toThrow(refused);
  },
);
