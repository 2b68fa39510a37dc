import { median } from '../statistics.ts';
import { duration, row } from '../words.ts';
import { SHAPES } from './shapes.ts';
import type { GpuStep, GpuWork } from './work.ts';

/** The steps of one side; what it took of the GPU's memory, where the driver tells (else 0); why it ended early. */
export interface MeasuredSide {
  steps: (GpuStep & Record<string, unknown>)[];
  memory: number;
  failure: string | undefined;
}

/** A GPU is still at the reference's log-probabilities when the update begins: the two are one figure. */
const PHASES = ['rollout', 'learning', 'step'] as const;
type Phase = (typeof PHASES)[number];

/** Ratios first, then seconds, then what was reached of bandwidth and arithmetic. */
export function report(work: GpuWork, on: string, ours: MeasuredSide, peers: Record<string, MeasuredSide>): string {
  const { shape, prompts, generations, tokens, promptTokens } = work;
  const sides = { [`ours on ${on}`]: ours, ...peers };
  const failures = Object.entries(sides).flatMap(([name, { failure }]) =>
    failure ? [`${name} failed: ${failure}`] : [],
  );
  const title = `\n## ${shape} on ${on}: ${prompts} prompts of ${promptTokens} tokens × ${generations} completions × ${tokens} tokens\n`;
  if (ours.steps.length === 0) return [title, ...failures].join('\n');

  const phases = work.rolloutsOnly ? (['rollout'] as const) : PHASES;
  const seconds = (side: MeasuredSide, phase: Phase) => median(side.steps.map((step) => timeOf(step, phase)));
  const measuredPeers = Object.entries(peers).filter(([, { steps }]) => steps.length > 0);
  const lines = [
    row('', ...measuredPeers.map(([name]) => `PyTorch ${name} ÷ ours`), `ours`, ...measuredPeers.map(([name]) => name)),
    row('---', ...measuredPeers.map(() => '---'), '---', ...measuredPeers.map(() => '---')),
    ...phases.map((phase) =>
      row(
        phase,
        ...measuredPeers.map(([, peer]) => `${(seconds(peer, phase) / seconds(ours, phase)).toFixed(2)}×`),
        duration(seconds(ours, phase)),
        ...measuredPeers.map(([, peer]) => duration(seconds(peer, phase))),
      ),
    ),
  ];
  if (ours.memory > 0) {
    const gibibytes = ({ memory }: MeasuredSide) => `${(memory / 2 ** 30).toFixed(1)} GiB`;
    const ratios = measuredPeers.map(([, peer]) => `${(peer.memory / ours.memory).toFixed(2)}×`);
    lines.push(
      row('memory of the GPU', ...ratios, gibibytes(ours), ...measuredPeers.map(([, peer]) => gibibytes(peer))),
    );
  }

  const { parameters } = ours.steps[0]!;
  const rows = prompts * generations;
  const reached = (side: MeasuredSide, bytesPerNumber: number): string => {
    const rollout = seconds(side, 'rollout');
    const { layers, kvHeads, headDim } = SHAPES[shape]!;
    // Each token reads all weights once for all rows, and every row its keys and values: half of its final length on average.
    const cache = rows * layers * kvHeads * headDim * 2 * (promptTokens + tokens / 2);
    const bandwidth = (tokens * (parameters + cache) * bytesPerNumber) / rollout;
    // Forward for the reference, forward and twice as much backward for the policy.
    const flops = (8 * parameters * rows * (tokens + promptTokens / generations)) / seconds(side, 'learning');
    const learning = work.rolloutsOnly ? '' : `, ${(flops / 1e12).toFixed(2)} TFLOP/s while learning`;
    return `${((rows * tokens) / rollout).toFixed(0)} tokens/s, ${(bandwidth / 1e9).toFixed(0)} GB/s while decoding${learning}`;
  };
  const last = measuredPeers.at(-1)?.[1].steps.at(-1);
  return [
    title,
    ...lines,
    '',
    `ours: ${reached(ours, on.endsWith('float16') ? 2 : 4)}`,
    ...measuredPeers.map(([name, peer]) => `PyTorch ${name}: ${reached(peer, name === 'bfloat16' ? 2 : 4)}`),
    `${parameters.toLocaleString('en')} parameters, random; medians of ${ours.steps.length} steps after one.`,
    ...(last
      ? [`The peer ran on ${last.device} with torch ${last.torch}; its model is that of ${last.generator}.`]
      : []),
    ...failures,
  ].join('\n');
}

const timeOf = (step: GpuStep, phase: Phase): number =>
  phase === 'learning' ? step.reference + step.update : step[phase];
