import { mean } from '../grpo/statistics.ts';
import type { RunFinding } from '../protocol/run-finding.ts';
import { formatNumber, formatShare } from '../text/numbers.ts';
import type { RunHistory } from './run-history.ts';
import { newest, sampledRows, stepsIn, valuesIn } from './sampled-rows.ts';

const STEPS = 5;
/** The share of a step's time that scoring takes while the engine waits, and the seconds that make it worth a change. */
const MOST = 0.5;
const SECONDS = 1;

/** Scoring takes longer than sampling and training together. */
export function slowRewards(history: RunHistory): RunFinding[] {
  const rows = newest(sampledRows(history), STEPS);
  const [scoring, whole] = ['time/score', 'step_time'].map((key) => valuesIn(history, key, rows)) as [
    number[],
    number[],
  ];
  if (scoring.length < STEPS || whole.length < STEPS) return [];
  const seconds = mean(scoring)!;
  const share = seconds / mean(whole)!;
  if (seconds < SECONDS || share < MOST) return [];
  const steps = stepsIn(history, rows);
  return [
    {
      kind: 'slow-rewards',
      severity: 'warning',
      title: 'Training waits for rewards',
      evidence: `In steps ${steps[0]} to ${steps.at(-1)}, scoring took ${formatNumber(seconds)} s of the ${formatNumber(mean(whole))} s of a step (${formatShare(share)}) while the engine waited. \`grpo score\` measures each function; one that waits for a program or a service is faster when it takes all completions in one call.`,
      steps: { first: steps[0]!, last: steps.at(-1)! },
      metrics: ['time/score', 'step_time'],
    },
  ];
}
