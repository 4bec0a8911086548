/** One setting of a plan, with what whoever applies it has to know. */
export interface PlannedLine {
  readonly name: string;
  readonly value: string;
  /** Why it has this value: the formula, and whose it is. */
  readonly reason: string;
  readonly effect: string;
  readonly risk: string;
  /** How to undo it. */
  readonly way_back: string;
  /** What the field report has for its 64 cores and 128 GB where ours is another, and why. */
  readonly field_report?: { readonly value: string; readonly why: string };
}

type Explanation = Omit<PlannedLine, "name" | "value">;
export type Explanations = Readonly<Record<string, Explanation>>;

/**
 * Joins settings with their explanations.
 * @throws Error naming a setting that nobody explained
 */
export function explainLines(
  settings: Readonly<Record<string, string>>,
  explanations: Explanations,
): PlannedLine[] {
  return Object.entries(settings).map(([name, value]) => {
    const explanation = explanations[name];
    if (explanation === undefined) throw new Error(`the plan's setting ${name} has no explanation`);
    return { name, value, ...explanation };
  });
}

/** A configuration file in which each setting stands under its explanation. */
export function renderLines(
  lines: readonly PlannedLine[],
  { comment, setting }: { comment: string; setting: (line: PlannedLine) => string },
): string {
  return lines
    .map((line) =>
      [...describe(line).map((text) => `${comment} ${text}`), setting(line), ""].join("\n"),
    )
    .join("\n");
}

function describe({ reason, effect, risk, way_back, field_report }: PlannedLine): string[] {
  const differs =
    field_report === undefined
      ? []
      : [`The field report has ${field_report.value}: ${field_report.why}`];
  return [
    `Reason: ${reason}`,
    `Effect: ${effect}`,
    `Risk: ${risk}`,
    `Way back: ${way_back}`,
    ...differs,
  ];
}
