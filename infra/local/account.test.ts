import { expect, test } from "vitest";
import { sudoCaller } from "./account.ts";

test("whoever called sudo runs what root must not", () => {
  expect(sudoCaller({ SUDO_UID: "1000", SUDO_GID: "1001" })).toEqual({ uid: 1000, gid: 1001 });
});

test.each([{}, { SUDO_UID: "0", SUDO_GID: "0" }, { SUDO_UID: "1000" }])(
  "%o names nobody",
  (env) => {
    expect(sudoCaller(env)).toBeUndefined();
  },
);
