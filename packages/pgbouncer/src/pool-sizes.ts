/** Pool sizes by alias. */
export type PoolSizes = Readonly<Record<string, number>>;

/** A line `alias = key=value …` of the section [databases]. */
const ALIAS_LINE = /^(?<alias>[a-z_][a-z0-9_]*)\s*=.*\bpool_size\s*=\s*(?<size>\d+)/;
const TERM_LINE = /^; sluice: term (?<term>\d+)$/m;

/** The pool sizes that a `[databases]` file gives; aliases without one of their own are left out. */
export function readPoolSizes(text: string): PoolSizes {
  const sizes = text.split("\n").flatMap((line): [string, number][] => {
    const groups = ALIAS_LINE.exec(line)?.groups;
    return groups === undefined ? [] : [[groups["alias"]!, Number(groups["size"])]];
  });
  return Object.fromEntries(sizes);
}

/**
 * The same text with other pool sizes; whatever else stands in it stays.
 * @throws Error for an alias that has no `pool_size` of its own there, or a size that is no positive integer: PgBouncer
 * reads a bad number as 0, and stalls the pool (before 1.24) or gives it no limit at all.
 */
export function replacePoolSizes(text: string, sizes: PoolSizes): string {
  const wanted = Object.entries(sizes);
  const known = readPoolSizes(text);
  for (const [alias, size] of wanted) {
    if (!Number.isInteger(size) || size < 1)
      throw new RangeError(`A pool has at least one connection; ${alias} was to have ${size}.`);
    if (known[alias] === undefined)
      throw new Error(`${alias} has no pool_size of its own in PgBouncer's list of databases.`);
  }
  const lines = text.split("\n").map((line) => {
    const alias = ALIAS_LINE.exec(line)?.groups?.["alias"];
    const size = alias === undefined ? undefined : sizes[alias];
    return size === undefined ? line : line.replace(/\bpool_size\s*=\s*\d+/, `pool_size=${size}`);
  });
  return lines.join("\n");
}

/** The fencing token of who wrote the file last; 0 when nobody has since it was rendered. */
export function readTerm(text: string): number {
  return Number(TERM_LINE.exec(text)?.groups?.["term"] ?? 0);
}

export function writeTerm(text: string, term: number): string {
  const line = `; sluice: term ${term}`;
  return TERM_LINE.test(text) ? text.replace(TERM_LINE, line) : `${line}\n${text}`;
}
