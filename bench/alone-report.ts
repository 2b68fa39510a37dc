import type { Work } from './peer-options.ts';
import { type MeasuredStep, PHASES, type Phase, type Side } from './phases.ts';
import { median } from './statistics.ts';
import { duration, lengthsIn, listOf, mebibytes, row, workLine } from './words.ts';

export interface Alone {
  command: string;
  work: Work;
  machine: string;
  versions: Record<string, string>;
  side: Side;
  steps: MeasuredStep[];
}

/** Seconds of a phase per completion token that was sampled: the median over steps. */
export const perToken = (steps: MeasuredStep[], phase: Phase): number =>
  median(steps.map((step) => step[phase].seconds / step.rollout.tokens));

/** Our side's steps as a Markdown table, and what is needed to repeat it. */
export function describeAlone({ command, work, machine, versions, side, steps }: Alone): string {
  const lengths = (of: 'prompt_lengths' | 'completion_lengths') => lengthsIn(steps.map((step) => step[of]));
  const titles: Record<Phase, string> = {
    ...{ rollout: 'rollout', score: 'rewards', logprobs: 'reference log-probs', update: 'update', step: 'whole step' },
  };
  const phase = (name: Phase) =>
    row(
      titles[name],
      (1000 * perToken(steps, name)).toFixed(2),
      duration(median(steps.map((step) => step[name].seconds))),
    );
  return [
    row('', 'ms per completion token', 'ms'),
    '|---|---|---|',
    ...PHASES.map(phase),
    row('peak memory', '', mebibytes(Math.max(...steps.map((step) => step.peak_rss_bytes)))),
    '',
    `\`${command}\``,
    workLine(work),
    `Trainable parameters: ${side.trainable_parameters.toLocaleString('en')}.`,
    `Prompt tokens: ${lengths('prompt_lengths')}.`,
    `Completion tokens: ${lengths('completion_lengths')}.`,
    `Medians of ${steps.length} steps on ${machine}.`,
    `${listOf(versions)}.`,
  ].join('\n');
}
