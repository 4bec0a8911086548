import { Type } from "typebox";
import { nullable } from "../nullable.ts";
import type { Sample } from "./sampler.ts";

/** What every answer from a sample begins with. */
export const sampleMembers = {
  sampled_at: Type.String({ format: "date-time" }),
  failing_since: nullable(
    Type.String({ format: "date-time", description: "Since when further looks have failed" }),
  ),
};

/** The same of one sample. */
export function describeSample({ at, failingSince }: Sample<unknown>) {
  return { sampled_at: at, failing_since: failingSince };
}
