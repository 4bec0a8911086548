import { codeOf } from "@sluice/db";
import { CHECKS } from "./checks.ts";
import type { Check } from "./check.ts";
import type { Installation } from "./installation.ts";

/** A fault with its check's code and reason, as the doctor tells it. */
export interface Finding {
  readonly code: string;
  readonly what: string;
  readonly why: string;
  readonly todo: string;
}

export interface Diagnosis {
  readonly findings: readonly Finding[];
  /** Checks that could not be made, and why: about those nothing is known. */
  readonly unchecked: readonly { readonly code: string; readonly because: string }[];
  readonly checked: number;
}

/** Makes every check, one after the other; one that fails does not keep the others from being made. */
export async function diagnose(
  installation: Installation,
  checks: readonly Check[] = CHECKS,
): Promise<Diagnosis> {
  const findings: Finding[] = [];
  const unchecked: { code: string; because: string }[] = [];
  for (const { code, why, find } of checks) {
    try {
      const faults = await find(installation);
      findings.push(...faults.map(({ what, todo }) => ({ code, what, why, todo })));
    } catch (error) {
      unchecked.push({ code, because: reasonOf(error) });
    }
  }
  return { findings, unchecked, checked: checks.length - unchecked.length };
}

function reasonOf(error: unknown): string {
  // A connection that was refused on every address is an error without a text.
  return error instanceof Error ? error.message || (codeOf(error) ?? error.name) : String(error);
}
