import { expect, test } from "vitest";
import { renderUserlist } from "./userlist.ts";

test("a userlist has one quoted line for each user", () => {
  const secret = "SCRAM-SHA-256$4096:c2FsdA==$a2V5:a2V5";
  const list = renderUserlist([
    { user: "sluice_feature", secret },
    { user: 'odd"name', secret },
  ]);
  expect(list).toBe(`"sluice_feature" "${secret}"\n"odd""name" "${secret}"\n`);
});

test("a userlist refuses a plain password, and does not repeat it", () => {
  const render = (): string => renderUserlist([{ user: "sluice_feature", secret: "pencil" }]);
  expect(render).toThrow(/plain password of sluice_feature/);
  expect(render).not.toThrow(/pencil/);
});
