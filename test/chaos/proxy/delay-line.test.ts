import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { DelayLine } from "./delay-line.ts";

test("what is sent with a shorter delay overtakes nothing", async () => {
  const to = new PassThrough();
  const line = new DelayLine(to);
  line.send(Buffer.from("slow "), 50);
  line.send(Buffer.from("quick "), 0);
  line.send(Buffer.from("middling"), 20);
  line.send(undefined, 0);
  expect(to.readableLength).toBe(0);
  expect(await text(to)).toBe("slow quick middling");
});

test("what was not written when it was closed is forgotten", async () => {
  const to = new PassThrough();
  const line = new DelayLine(to);
  line.send(Buffer.from("now "), 0);
  line.send(Buffer.from("later"), 10);
  line.close();
  line.send(undefined, 20);
  expect(await text(to)).toBe("now ");
});
