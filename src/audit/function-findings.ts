import type { AuditFinding } from '../protocol/audit-report.ts';
import type { RewardColumn } from '../protocol/rewards.ts';
import { isWithoutTask } from './judge-function.ts';
import type { Probe } from './probes.ts';

/** A function that failed, abstained, or was given up because it takes too long. */
export function failedFindings({ name, outcomes, givenUp = 0 }: RewardColumn, limitSeconds: number): AuditFinding[] {
  const failures = outcomes.filter((outcome) => outcome.kind === 'failure');
  const [first] = failures;
  if (!first && outcomes.every(({ kind }) => kind !== 'score'))
    return [warning('constant', name, `${name} abstained on all ${outcomes.length} completions that were tried.`)];
  if (!first) return [];
  const failed = failures.length - givenUp;
  const why = `first with: ${first.message.split('\n', 1)[0]}`;
  if (givenUp === 0)
    return [warning('failed', name, `${name} failed on ${failed} of ${outcomes.length} completions, ${why}`)];
  const scored = outcomes.length - failures.length;
  const failing = failed > 0 ? `, and ${failed} had failed, ${why}` : '.';
  return [
    warning(
      'too-slow',
      name,
      `${name} was given up after ${limitSeconds} s: ${scored} of ${outcomes.length} completions had been scored${failing}`,
    ),
  ];
}

/**
 * A function that does not vary, or can be maximized without the task. `soundTotal`: the total of which it is a part cannot, and in that a length or repetition
 * penalty does no harm.
 */
export function variationFindings(
  name: string,
  scores: readonly (number | null)[],
  honest: number,
  probes: readonly Probe[],
  soundTotal: boolean,
): AuditFinding[] {
  const known = scores.filter((score) => score !== null);
  if (known.length === 0) return [];
  const [low, high] = [Math.min(...known), Math.max(...known)];
  if (low === high) {
    const message = `${name} gave ${figure(low)} to all ${known.length} completions that were tried, from which nothing can be learned; if it should reward some, add samples of them.`;
    return [warning('constant', name, message)];
  }
  const best = Math.max(...scores.slice(0, honest).map((score) => score ?? Number.NEGATIVE_INFINITY));
  if (best <= low) {
    const message = `${name} gave no honest answer more than the worst completion; add a sample that it should reward.`;
    return [warning('no-honest-answer', name, message)];
  }
  const without = probes.flatMap((probe, i) => {
    const score = scores[honest + i];
    return isWithoutTask(probe) && score !== null && score !== undefined ? [{ name: probe.name, score }] : [];
  });
  const top = without.toSorted((a, b) => b.score - a.score)[0];
  if (!top || top.score < best) return [];
  const message = `${name} gave ${figure(top.score)} to ${top.name}: as much as to the best honest answer (${figure(best)})`;
  return soundTotal
    ? [
        {
          ...warning('without-task', name, `${message}. In the total it earns less, so this does no harm here.`),
          severity: 'note',
        },
      ]
    : [warning('without-task', name, `${message}.`)];
}

/** A function that gives the same completion another score, the second time or in another order. */
export function repeatedFindings(
  name: string,
  first: readonly (number | null)[],
  again: readonly (number | null)[],
  reversed: readonly (number | null)[],
): AuditFinding[] {
  const other = first.findIndex((score, i) => score !== again[i]);
  if (other >= 0) {
    const message = `${name} gave the same completion ${figure(first[other]!)}, and then ${figure(again[other]!)}.`;
    return [warning('not-deterministic', name, message)];
  }
  if (first.every((score, i) => score === reversed[i])) return [];
  return [warning('depends-on-order', name, `${name} gives other scores when the completions are in another order.`)];
}

const warning = (kind: AuditFinding['kind'], name: string, message: string): AuditFinding => ({
  ...{ kind, name, message },
  severity: 'warning',
});

const figure = (score: number | null): string => (score === null ? 'no score' : String(Number(score.toPrecision(4))));
