import { expect, test } from "vitest";
import { faultsOfVersion, type StoredPart } from "./sealed-upload.ts";

const whole = (part: number): StoredPart => ({
  version: 1,
  part,
  rows: 10,
  distinct_rows: 10,
  own: true,
});

test.each<[string, boolean[], StoredPart[], number, string[]]>([
  ["all is there", [true, true], [whole(0), whole(1)], 20, []],
  ["one that was given up is there", [true, false], [whole(0), whole(1)], 20, []],
  ["one that was given up is not there", [true, false], [whole(0)], 10, []],
  [
    "an acknowledged one is not there",
    [true, true],
    [whole(0)],
    20,
    ["version 1, part 1: acknowledged and lost", "version 1: 20 samples told, 10 stored"],
  ],
  [
    "one is twice there",
    [true],
    [{ ...whole(0), rows: 20 }],
    20,
    ["version 1, part 0: 20 rows, some of them doubled"],
  ],
  [
    "half of one that was given up is there",
    [false],
    [{ ...whole(0), rows: 5, distinct_rows: 5 }],
    5,
    ["version 1, part 0: 5 samples of 10"],
  ],
  [
    "samples are of another version",
    [true],
    [{ ...whole(0), own: false }],
    10,
    ["version 1, part 0: samples of another version"],
  ],
])("%s", (_what, acknowledged, stored, samples, faults) => {
  expect(faultsOfVersion({ version: 1, acknowledged, samples }, stored, 10)).toEqual(faults);
});
