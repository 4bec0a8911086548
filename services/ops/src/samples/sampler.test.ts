import { createLogger } from "@sluice/telemetry";
import { expect, onTestFinished, test, vi } from "vitest";
import { Sampler } from "./sampler.ts";

/** A sampler that looks as often as it can; each look is answered by the test. */
function sampler() {
  const looks: { last: number | undefined; answer: PromiseWithResolvers<number> }[] = [];
  const samples: number[] = [];
  const subject = new Sampler<number>({
    name: "a thing",
    everyMs: 0,
    deadlineMs: 1_000,
    look: (last) => {
      const answer = Promise.withResolvers<number>();
      looks.push({ last, answer });
      return answer.promise;
    },
    onSample: (value) => samples.push(value),
    logger: createLogger({ service: "test", level: "silent" }),
  });
  onTestFinished(async () => {
    const stopping = subject.stop();
    looks.at(-1)?.answer.reject(new Error("stopped"));
    await stopping;
  });
  const next = async (index: number) => {
    await vi.waitFor(() => expect(looks.length).toBeGreaterThan(index));
    return looks[index]!;
  };
  return { subject, samples, next };
}

test("the last sample is kept, given to the next look, and says when further looks fail", async () => {
  const { subject, samples, next } = sampler();
  expect(() => subject.latest()).toThrow(expect.objectContaining({ code: "NO_SAMPLE" }));
  subject.start();
  (await next(0)).answer.resolve(7);
  const second = await next(1);
  expect(second.last).toBe(7);
  const { at } = subject.latest();
  expect(subject.latest()).toEqual({ at, value: 7, failingSince: null });

  second.answer.reject(new Error("gone"));
  const third = await next(2);
  expect(third.last).toBe(7);
  const { failingSince } = subject.latest();
  expect(failingSince).not.toBeNull();
  third.answer.reject(new Error("still gone"));
  const fourth = await next(3);
  expect(subject.latest()).toEqual({ at, value: 7, failingSince });

  fourth.answer.resolve(8);
  await next(4);
  expect(subject.latest()).toMatchObject({ value: 8, failingSince: null });
  expect(samples).toEqual([7, 8]);
});
