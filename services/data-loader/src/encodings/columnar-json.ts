import type { Answer } from "./answer.ts";
import type { FrameColumn } from "./frame.ts";

/** One JSON object: the members, `columns` with an array each, and the arrays of the answer's own. */
export function columnarJson({ members, columns, beside }: Answer): string {
  const parts = [
    ...Object.entries(members).map(
      ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
    ),
    `"columns":{${columns.map(member).join(",")}}`,
    ...beside.map(member),
  ];
  return `{${parts.join(",")}}`;
}

function member({ name, text }: FrameColumn): string {
  return `${JSON.stringify(name)}:${text}`;
}
