import type { KeyedFinding } from '../../src/protocol/keyed-findings.ts';
import type { RunFinding } from '../../src/protocol/run-finding.ts';
import type { ChartDefinition } from '../charts/definitions.ts';

/** The steps of a finding on the curves that show it. */
export interface FindingMark {
  /** Ids of those charts. */
  charts: ReadonlySet<string>;
  /** On the x axis. */
  from: number;
  to: number;
  title: string;
  severity: RunFinding['severity'];
}

/** Metrics that are drawn by their parts. */
const PARTS: Record<string, string> = { frac_reward_zero_std: 'groups' };

/** Those whose curves show a finding, or what it explains. */
export const metricsOf = ({ metrics, also = [] }: RunFinding): string[] => [
  ...metrics,
  ...also.flatMap((other) => other.metrics),
];

/** The charts that draw one of these metrics. */
export function chartsOf(metrics: readonly string[], definitions: readonly ChartDefinition[]): ChartDefinition[] {
  const ids = new Set(metrics.flatMap((metric) => PARTS[metric] ?? []));
  const draws = ({ series }: ChartDefinition) =>
    series.some(({ terms, band }) => [...terms, ...(band ? [band] : [])].some(({ key }) => metrics.includes(key)));
  return definitions.filter((chart) => ids.has(chart.id) || draws(chart));
}

/** Half a step wider on both sides than what they mark: a single step can be seen, too. */
export function findingMarks(
  findings: readonly KeyedFinding[],
  definitions: readonly ChartDefinition[],
  place: (step: number) => number,
): FindingMark[] {
  const between = (step: number) => (place(step) + place(step + 1)) / 2;
  return findings.map(({ finding }) => ({
    charts: new Set(chartsOf(metricsOf(finding), definitions).map(({ id }) => id)),
    ...{ from: between(finding.steps.first - 1), to: between(finding.steps.last) },
    ...{ title: finding.title, severity: finding.severity },
  }));
}

/** What there is to say of a place on the x axis. */
export const titlesAt = (marks: readonly FindingMark[], x: number): string[] =>
  marks.filter(({ from, to }) => x >= from && x <= to).map(({ title }) => title);
