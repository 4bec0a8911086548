import { stringify } from "yaml";
import type { Alert, TestSeries } from "./alert.ts";

/** Past the longest `for` and the longest window of an expression, and within the half hour that series cover. */
const FIRING_AT = "25m";

/**
 * Tests of rules for `promtool test rules`: by its series a rule fires, but not before its `for` is over, and by the
 * other series it never does.
 */
export function renderRuleTests(alerts: readonly Alert[], rulesFile: string): string {
  const tests = alerts.flatMap((alert) => [
    ruleTest(`${alert.name} fires`, alert, alert.fires, {
      [FIRING_AT]: true,
      [justBefore(alert)]: false,
    }),
    ruleTest(`${alert.name} stays quiet`, alert, alert.quiet, wholeTime()),
  ]);
  return stringify({ rule_files: [rulesFile], evaluation_interval: "15s", tests });
}

/** One evaluation before it may fire. */
function justBefore(alert: Alert): string {
  const [, count = "", unit = ""] = /^(\d+)([sm])$/.exec(alert.for) ?? [];
  const seconds = Number(count) * (unit === "m" ? 60 : 1);
  return `${Math.max(0, seconds - 15)}s`;
}

/** When the quiet series are looked at: an alert that fires for a moment between would be seen. */
function wholeTime(): Record<string, boolean> {
  const minutes = Array.from({ length: 26 }, (_, minute) => `${minute}m`);
  return Object.fromEntries(minutes.map((at) => [at, false]));
}

function ruleTest(
  name: string,
  alert: Alert,
  series: TestSeries,
  expected: Record<string, boolean>,
) {
  return {
    name,
    interval: "15s",
    input_series: Object.entries(series).map(([selector, values]) => ({
      series: selector,
      values,
    })),
    promql_expr_test: Object.entries(expected).map(([eval_time, fires]) => ({
      expr: `count(ALERTS{alertname="${alert.name}",alertstate="firing"})`,
      eval_time,
      exp_samples: fires ? [{ labels: "{}", value: 1 }] : [],
    })),
  };
}
