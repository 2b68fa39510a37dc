import type { Work } from './peer-options.ts';
import { PEER_PRECISIONS } from './peer-options.ts';
import { type MeasuredStep, PHASES, type Phase, type Side } from './phases.ts';
import { median } from './statistics.ts';
import { duration, lengthsIn, listOf, mebibytes, row, workLine } from './words.ts';

/** One step of each side, measured one right after the other. */
export type Pair = { ours: MeasuredStep; trl: MeasuredStep };

/** A median on each side, and how many times as long TRL takes: over the pairs, whose two steps share the machine's mood. */
interface Compared {
  ours: number;
  trl: number;
  ratio: { median: number; min: number; max: number };
}

export interface Figures {
  /** Seconds. */
  phases: Record<Phase, Compared>;
  tokens_per_second: { ours: number; trl: number };
  peak_rss_bytes: { ours: number; trl: number; ratio: number };
  /** The most CPU time that a side used while the other one's step was measured. */
  waiting_cpu_seconds: { ours: number; trl: number };
  steps: Pair[];
}

export interface Comparison extends Figures {
  command: string;
  work: Work;
  machine: string;
  versions: { ours: Record<string, string>; trl: Record<string, string> };
  /** What both sides say of themselves. */
  side: Side;
}

export function compare(steps: Pair[]): Figures {
  const each = (statistic: (values: number[]) => number, figure: (step: MeasuredStep) => number) => ({
    ours: statistic(steps.map(({ ours }) => figure(ours))),
    trl: statistic(steps.map(({ trl }) => figure(trl))),
  });
  const phase = (name: Phase): [Phase, Compared] => {
    const ratios = steps.map(({ ours, trl }) => trl[name].seconds / ours[name].seconds);
    const ratio = { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
    return [name, { ...each(median, (step) => step[name].seconds), ratio }];
  };
  const peak = each(
    (values) => Math.max(...values),
    (step) => step.peak_rss_bytes,
  );
  return {
    phases: Object.fromEntries(PHASES.map(phase)) as Record<Phase, Compared>,
    tokens_per_second: each(median, ({ rollout }) => rollout.tokens / rollout.seconds),
    peak_rss_bytes: { ...peak, ratio: peak.trl / peak.ours },
    waiting_cpu_seconds: each(
      (values) => Math.max(...values),
      (step) => step.waiting_cpu_seconds,
    ),
    steps,
  };
}

/** The comparison as a Markdown table, and what is needed to repeat it. */
export function describe({ command, work, machine, versions, side, ...figures }: Comparison): string {
  const { phases, tokens_per_second: speed, peak_rss_bytes: peak, waiting_cpu_seconds: waiting, steps } = figures;
  const phase = (title: string, { ours, trl, ratio: { median, min, max } }: Compared) => {
    const range = `${min.toFixed(1)} to ${max.toFixed(1)}`;
    return row(title, `${median.toFixed(1)}×`, range, duration(ours), duration(trl));
  };
  const lengths = (of: 'prompt_lengths' | 'completion_lengths') => {
    const [ours, trl] = [lengthsIn(steps.map(({ ours }) => ours[of])), lengthsIn(steps.map(({ trl }) => trl[of]))];
    return ours === trl ? `${ours}, on both sides` : `ours ${ours}; TRL ${trl}`;
  };
  return [
    row('', 'TRL ÷ ours', 'lowest to highest', 'ours', 'TRL'),
    '|---|---|---|---|---|',
    phase('rollout', phases.rollout),
    row(
      'tokens per second of rollout',
      `${(speed.ours / speed.trl).toFixed(1)}×`,
      '',
      speed.ours.toFixed(0),
      speed.trl.toFixed(0),
    ),
    row('rewards', '', '', duration(phases.score.ours), duration(phases.score.trl)),
    phase('reference log-probs', phases.logprobs),
    phase('update', phases.update),
    phase('whole step', phases.step),
    row('peak memory', `${peak.ratio.toFixed(1)}×`, '', mebibytes(peak.ours), mebibytes(peak.trl)),
    '',
    `\`${command}\``,
    `${workLine(work)} Ours in float32; TRL: ${PEER_PRECISIONS[work.peerPrecision]}, micro-batches: ${work.peerMicroBatches}.`,
    `Trainable parameters: ${side.trainable_parameters.toLocaleString('en')} on both sides.`,
    `Prompt tokens: ${lengths('prompt_lengths')}.`,
    `Completion tokens: ${lengths('completion_lengths')}.`,
    `Medians of ${steps.length} steps of each side, in turns, on ${machine}.`,
    `Ours: ${listOf(versions.ours)}.`,
    `TRL: ${listOf(versions.trl)}.`,
    "Rewards are not compared: ours are the sample's, in a worker process (not counted as memory); TRL's cost nothing.",
    `CPU time taken from the other side: ours ${duration(waiting.ours)}, TRL ${duration(waiting.trl)} at most.`,
  ].join('\n');
}
