import type { Queryable } from "@sluice/auth";
import { codeOf } from "@sluice/db";
import { readTopStatements, type Statement } from "./queries.ts";

/** The statements that took most time, or why they are not known. */
export interface Statements {
  readonly available: boolean;
  readonly reason: string | null;
  readonly items: readonly Statement[];
}

/** feature_not_supported: not installed. object_not_in_prerequisite_state: not preloaded. insufficient_privilege. */
const UNAVAILABLE = new Set(["0A000", "55000", "42501"]);

export async function topStatements(db: Queryable, limit: number): Promise<Statements> {
  try {
    return { available: true, reason: null, items: await readTopStatements(db, limit) };
  } catch (error) {
    if (!UNAVAILABLE.has(codeOf(error))) throw error;
    const { message, hint } = error as Error & { hint?: string };
    const reason = [message, hint].filter((text) => text !== undefined).join(" ");
    return { available: false, reason, items: [] };
  }
}
