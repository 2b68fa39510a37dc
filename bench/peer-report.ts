import { type MeasuredStep, PHASES, type Phase } from './phases.ts';

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
  setting: Record<string, number | string>;
  cpu: string;
  versions: { ours: Record<string, string>; trl: Record<string, string> };
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

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

/** The comparison as a Markdown table. */
export function describe({ setting, cpu, versions, ...figures }: Comparison): string {
  const { phases, tokens_per_second: speed, peak_rss_bytes: peak, waiting_cpu_seconds: waiting, steps } = figures;
  const { prompts, generations, tokens, beta, precision, optimizer } = setting;
  const list = (of: Record<string, string>) => Object.entries(of).map((pair) => pair.join(' '));
  const milliseconds = (seconds: number) => `${(1000 * seconds).toFixed(1)} ms`;
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  const row = (...cells: string[]) => `| ${cells.join(' | ')} |`;
  const phase = (title: string, { ours, trl, ratio: { median, min, max } }: Compared) =>
    row(
      title,
      milliseconds(ours),
      milliseconds(trl),
      `${median.toFixed(1)}×`,
      `${min.toFixed(1)} to ${max.toFixed(1)}`,
    );
  return [
    `${prompts} prompts × ${generations} completions × ${tokens} tokens, beta ${beta}, ${precision}, ${optimizer}.`,
    `Medians of ${steps.length} steps of each side, in turns, on ${cpu}.`,
    `Ours: ${list(versions.ours).join(', ')}.`,
    `TRL: ${list(versions.trl).join(', ')}.`,
    '',
    row('', 'ours', 'TRL', 'TRL ÷ ours', 'lowest to highest'),
    '|---|---|---|---|---|',
    phase('rollout', phases.rollout),
    row('tokens per second of rollout', speed.ours.toFixed(0), speed.trl.toFixed(0), '', ''),
    row('rewards', milliseconds(phases.score.ours), milliseconds(phases.score.trl), '', ''),
    phase('reference log-probs', phases.logprobs),
    phase('update', phases.update),
    phase('whole step', phases.step),
    row('peak memory', mebibytes(peak.ours), mebibytes(peak.trl), `${peak.ratio.toFixed(1)}×`, ''),
    '',
    "Rewards are not compared: ours are the sample's, in a worker process (not counted as memory); TRL's cost nothing.",
    `CPU time taken from the other side: ours ${milliseconds(waiting.ours)}, TRL ${milliseconds(waiting.trl)} at most.`,
  ].join('\n');
}
