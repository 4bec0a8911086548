import type { Dashboard, Panel } from "./panel.ts";

const COLUMNS = 24;
const HEIGHT = 8;
const DATASOURCE = { type: "prometheus", uid: "${datasource}" };

/** A dashboard as Grafana (10 and later) imports it: its data source is chosen where it is shown. */
export function renderDashboard({ uid, title, panels, annotations = {} }: Dashboard): string {
  const marks = Object.entries(annotations).map(([name, expr]) => ({
    name,
    expr,
    enable: true,
    datasource: DATASOURCE,
    iconColor: "orange",
    step: "1m",
    titleFormat: "{{job}}",
  }));
  const document = {
    uid,
    title,
    tags: ["sluice"],
    timezone: "utc",
    refresh: "10s",
    time: { from: "now-1h", to: "now" },
    schemaVersion: 39,
    templating: {
      list: [{ name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus" }],
    },
    annotations: { list: marks },
    panels: place(panels).map(renderPanel),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** From left to right, in rows. */
function place(panels: readonly Panel[]): [Panel, Place][] {
  let [x, y] = [0, 0];
  return panels.map((panel) => {
    const w = panel.width ?? COLUMNS / 2;
    if (x + w > COLUMNS) [x, y] = [0, y + HEIGHT];
    const placed: Place = { x, y, w, h: HEIGHT };
    x += w;
    return [panel, placed];
  });
}

function renderPanel([panel, gridPos]: [Panel, Place], index: number): object {
  const { title, kind, unit, queries, min, max, thresholds } = panel;
  return {
    id: index + 1,
    title,
    type: kind,
    gridPos,
    datasource: DATASOURCE,
    fieldConfig: {
      defaults: { unit, min, max, ...(thresholds && { thresholds: renderThresholds(thresholds) }) },
      overrides: [],
    },
    ...(kind === "heatmap" && { options: { calculate: false, yAxis: { unit } } }),
    targets: Object.entries(queries).map(([legendFormat, expr], query) => ({
      refId: String.fromCodePoint(65 + query),
      datasource: DATASOURCE,
      expr,
      legendFormat,
      ...(kind === "heatmap" && { format: "heatmap" }),
    })),
  };
}

function renderThresholds([warn, fail]: readonly [number, number]): object {
  return {
    mode: "absolute",
    steps: [
      { color: "green", value: null },
      { color: "yellow", value: warn },
      { color: "red", value: fail },
    ],
  };
}
