import { escapeHtml } from "./escape-html.ts";
import { cellText, type Line, type Plot } from "./report.ts";
import { makeScale, type Scale } from "./scale.ts";

const WIDTH = 640;
const HEIGHT = 320;
const MARGIN = { left: 70, right: 150, top: 30, bottom: 45 };
const RIGHT = WIDTH - MARGIN.right;
const BOTTOM = HEIGHT - MARGIN.bottom;
/** Okabe and Ito's colours, told apart by the colour-blind too. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

/** A plot as SVG, without scripts or outside parts. */
export function renderPlot({ title, x, y, log = false, lines }: Plot): string {
  const points = lines.flatMap((line) => line.points).filter(([a, b]) => !log || (a > 0 && b > 0));
  if (points.length === 0) return "";
  const across = makeScale(
    points.map(([value]) => value),
    [MARGIN.left, RIGHT],
    log,
  );
  const up = makeScale(
    points.map(([, value]) => value),
    [BOTTOM, MARGIN.top],
    log,
  );
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">`,
    text(WIDTH / 2, 16, title, "middle", "bold"),
    ...across.ticks.map((tick) => verticalTick(tick, across)),
    ...up.ticks.map((tick) => horizontalTick(tick, up)),
    text((MARGIN.left + RIGHT) / 2, HEIGHT - 8, x, "middle"),
    text(6, 16, y, "start"),
    ...lines.map((line, index) => renderLine(line, index, across, up, log)),
    "</svg>",
  ].join("\n");
}

function renderLine(line: Line, index: number, across: Scale, up: Scale, log: boolean): string {
  const colour = COLOURS[index % COLOURS.length] as string;
  const places = line.points
    .filter(([a, b]) => Number.isFinite(b) && (!log || (a > 0 && b > 0)))
    .map(([a, b]) => `${across.place(a).toFixed(1)},${up.place(b).toFixed(1)}`);
  const top = MARGIN.top + 10 + index * 18;
  return [
    `<polyline points="${places.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    `<rect x="${RIGHT + 10}" y="${top - 8}" width="10" height="10" fill="${colour}"/>`,
    text(RIGHT + 25, top + 1, line.name, "start"),
  ].join("");
}

function verticalTick(tick: number, scale: Scale): string {
  const place = scale.place(tick).toFixed(1);
  return `<line x1="${place}" x2="${place}" y1="${MARGIN.top}" y2="${BOTTOM}" stroke="#ddd"/>${text(Number(place), BOTTOM + 16, cellText(tick), "middle")}`;
}

function horizontalTick(tick: number, scale: Scale): string {
  const place = scale.place(tick).toFixed(1);
  return `<line x1="${MARGIN.left}" x2="${RIGHT}" y1="${place}" y2="${place}" stroke="#ddd"/>${text(MARGIN.left - 6, Number(place) + 4, cellText(tick), "end")}`;
}

function text(
  x: number,
  y: number,
  content: string,
  anchor: "start" | "middle" | "end",
  weight = "normal",
): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" font-weight="${weight}">${escapeHtml(content)}</text>`;
}
