import type { RolloutRow } from '../protocol/run-folder.ts';
import { LocalLearner } from './policy/local-learner.ts';
import type { PreparedRun } from './prepare.ts';
import { PlainScoring } from './scoring.ts';
import type { TrainingLoop } from './stage.ts';
import { GrpoStage } from './stages/grpo.ts';

/** One step, or medians over several. `logprobs` are those of the reference policy: the old policy's cost no pass of their own. */
export interface Measurement {
  rollout: { seconds: number; tokens: number };
  score: { seconds: number };
  logprobs: { seconds: number };
  update: { seconds: number };
  step: { seconds: number };
  /** Of this process, since it started. */
  peak_rss_bytes: number;
}

/** Nobody listens, nothing is saved. */
const ALONE: Omit<TrainingLoop, 'scored'> = {
  emit() {},
  stopping: false,
  attended: false,
  async save() {},
  pause: async () => false,
};

/** A run's steps, taken as they are: a reward function that fails does not hold them up. */
export const measuredStage = (run: PreparedRun, learner = new LocalLearner(run)): GrpoStage =>
  new GrpoStage(run, learner, new PlainScoring(run));

/** Takes the next training step; also gives what was sampled in it. */
export async function measureStep(stage: GrpoStage): Promise<{ measured: Measurement; rollouts: RolloutRow[] }> {
  let rollouts: RolloutRow[] = [];
  const loop: TrainingLoop = {
    ...ALONE,
    async scored({ rows, discarded = [] }) {
      rollouts = [...rows, ...discarded];
      return true;
    },
  };
  // Nothing stops it.
  const { metrics } = (await stage.step(loop))!;
  const measured = {
    rollout: { seconds: metrics['time/rollout']!, tokens: rollouts.reduce((sum, { length }) => sum + length, 0) },
    score: { seconds: metrics['time/score']! },
    logprobs: { seconds: metrics['time/reference']! },
    update: { seconds: metrics['time/update']! },
    step: { seconds: metrics.step_time! },
    // maxRSS is in KiB on every platform.
    peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
  };
  return { measured, rollouts };
}

/** Takes `steps` measured training steps after one that compiles the graphs; gives their medians. */
export async function measureSteps(run: PreparedRun, steps: number): Promise<Measurement> {
  const stage = measuredStage(run);
  await measureStep(stage);
  const measured: Measurement[] = [];
  for (let step = 2; step <= steps + 1; step++) measured.push((await measureStep(stage)).measured);
  return medians(measured);
}

/** Of each figure separately; the memory is the last one's, which is the most. */
export function medians(steps: readonly Measurement[]): Measurement {
  const median = (figure: (step: Measurement) => number): number => {
    const sorted = steps.map(figure).sort((a, b) => a - b);
    return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
  };
  return {
    rollout: { seconds: median(({ rollout }) => rollout.seconds), tokens: median(({ rollout }) => rollout.tokens) },
    score: { seconds: median(({ score }) => score.seconds) },
    logprobs: { seconds: median(({ logprobs }) => logprobs.seconds) },
    update: { seconds: median(({ update }) => update.seconds) },
    step: { seconds: median(({ step }) => step.seconds) },
    peak_rss_bytes: steps.at(-1)!.peak_rss_bytes,
  };
}
