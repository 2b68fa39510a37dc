import { mean, standardDeviation } from '../grpo/statistics.ts';
import type { AuditFinding } from '../protocol/audit-report.ts';
import type { RewardColumn } from '../protocol/rewards.ts';
import type { Scores } from './scoring.ts';

const CORRELATED = 0.95;
/** Completions that say something about how functions go together. */
const FEWEST = 6;
const DOMINATES = 0.9;

export function pairFindings(names: string[], scores: Scores): AuditFinding[] {
  return names.flatMap((name, i) =>
    names.slice(0, i).flatMap((other): AuditFinding[] => {
      const correlation = correlationOf(scores.get(name)!, scores.get(other)!);
      if (correlation === undefined || correlation <= CORRELATED) return [];
      const message = `${name} says nearly the same as ${other} (correlation ${correlation.toFixed(2)}), which counts it twice.`;
      return [{ kind: 'same-as-another', name, message, severity: 'warning' }];
    }),
  );
}

function correlationOf(one: (number | null)[], other: (number | null)[]): number | undefined {
  const pairs = one.flatMap((score, i) => (score !== null && other[i] !== null ? [[score, other[i]!] as const] : []));
  const [left, right] = [pairs.map(([score]) => score), pairs.map(([, score]) => score)];
  const [meanLeft, meanRight] = [mean(left), mean(right)];
  const [spreadLeft, spreadRight] = [standardDeviation(left), standardDeviation(right)];
  if (pairs.length < FEWEST || !spreadLeft || !spreadRight || meanLeft === null || meanRight === null) return undefined;
  const covariance = pairs.reduce((sum, [a, b]) => sum + (a - meanLeft) * (b - meanRight), 0) / (pairs.length - 1);
  return covariance / (spreadLeft * spreadRight);
}

/** A function whose spread, times its weight, is most of all functions' together. */
export function dominating(columns: readonly RewardColumn[], scores: Scores): AuditFinding[] {
  const spreads = columns.map(({ name, weight }) => ({
    name,
    spread: Math.abs(weight) * (standardDeviation(scores.get(name)!) ?? 0),
  }));
  const sum = spreads.reduce((total, { spread }) => total + spread, 0);
  const others = spreads.filter(({ spread }) => spread > 0).length - 1;
  return spreads
    .filter(({ spread }) => others > 0 && spread > DOMINATES * sum)
    .map(({ name, spread }) => ({
      kind: 'dominates',
      name,
      message: `${name} makes up ${Math.round((100 * spread) / sum)} % of the spread of all rewards together, so that the others hardly count; lower its weight or its scale.`,
      severity: 'warning',
    }));
}
