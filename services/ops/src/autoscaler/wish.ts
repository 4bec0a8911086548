import type { Policy } from "./policy.ts";
import type { AliasSample } from "./sample.ts";

/** What the load on an alias asks for, before anything is said against it. */
export interface Wish {
  readonly direction: "grow" | "shrink" | "none";
  /** Pool size. */
  readonly to: number;
  readonly because: string;
}

/**
 * What the samples of one alias, oldest first, ask for. Only those at the size that it has now count: the load on
 * another size says nothing about this one.
 */
export function wishOf(history: readonly AliasSample[], policy: Policy): Wish {
  const now = history.at(-1);
  if (now === undefined) return { direction: "none", to: 0, because: "nothing was seen yet" };
  const samples = atSize(history, now.poolSize);
  return wishToGrow(samples, policy) ?? wishToShrink(samples, policy) ?? stay(now);
}

function atSize(history: readonly AliasSample[], size: number): readonly AliasSample[] {
  const other = history.findLastIndex(({ poolSize }) => poolSize !== size);
  return history.slice(other + 1);
}

function wishToGrow(samples: readonly AliasSample[], policy: Policy): Wish | undefined {
  const recent = samples.slice(-policy.growAfter);
  const now = recent.at(-1)!;
  if (recent.length < policy.growAfter || !recent.every((each) => isShort(each, policy)))
    return undefined;
  return {
    direction: "grow",
    to: now.poolSize + Math.max(1, Math.ceil(now.poolSize * policy.step)),
    because: `${now.waiting} clients wait, the first for ${Math.round(now.maxWaitMs)} ms; ${now.active} of ${now.poolSize * now.processes} connections are in use`,
  };
}

/**
 * Clients wait although every connection has one, or none can be opened. Of a pool that is still opening connections
 * nothing is known yet.
 */
function isShort(
  { waiting, maxWaitMs, active, login, poolSize, processes }: AliasSample,
  { growWaitMs }: Policy,
): boolean {
  const isFull = active + login >= poolSize * processes;
  return waiting > 0 && maxWaitMs >= growWaitMs && (isFull || (login > 0 && active === 0));
}

function wishToShrink(samples: readonly AliasSample[], policy: Policy): Wish | undefined {
  const recent = samples.slice(-policy.shrinkAfter);
  const { poolSize, processes } = recent.at(-1)!;
  if (recent.length < policy.shrinkAfter || recent.some(({ waiting }) => waiting > 0))
    return undefined;
  const used = recent.map(({ active }) => active / processes);
  const mean = used.reduce((sum, each) => sum + each, 0) / used.length;
  const to = poolSize - Math.max(1, Math.floor(poolSize * policy.step));
  const fits = Math.max(...used) <= to * policy.shrinkHeadroom;
  if (to < 1 || mean >= poolSize * policy.shrinkBelow || !fits) return undefined;
  return {
    direction: "shrink",
    to,
    because: `${mean.toFixed(1)} of ${poolSize} connections were in use on average, ${Math.max(...used)} at most`,
  };
}

function stay({ poolSize, waiting, active, processes }: AliasSample): Wish {
  const because = `${active} of ${poolSize * processes} connections are in use, ${waiting} clients wait`;
  return { direction: "none", to: poolSize, because };
}
