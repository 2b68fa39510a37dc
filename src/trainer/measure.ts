import { Learner } from './learner.ts';
import type { PreparedRun } from './prepare.ts';
import { Stopwatch } from './stopwatch.ts';

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

/** Takes one training step. */
export async function measureStep(learner: Learner, step: number): Promise<Measurement> {
  const watch = new Stopwatch();
  const rollout = await learner.rollout(step);
  watch.lap('rollout');
  const table = await learner.score(rollout, step);
  const credit = learner.credit(rollout, table);
  watch.lap('score');
  const { seconds } = await learner.update(rollout, credit, step);
  watch.lap('update');
  return {
    rollout: { seconds: watch.laps.rollout!, tokens: rollout.reduce((sum, { ids }) => sum + ids.length, 0) },
    score: { seconds: watch.laps.score! },
    logprobs: { seconds: seconds.reference },
    update: { seconds: seconds.update },
    step: { seconds: watch.total },
    // maxRSS is in KiB on every platform.
    peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
  };
}

/** Takes `steps` measured training steps after one that compiles the graphs; gives their medians. */
export async function measureSteps(run: PreparedRun, steps: number): Promise<Measurement> {
  const learner = new Learner(run);
  await measureStep(learner, 1);
  const measured: Measurement[] = [];
  for (let step = 2; step <= steps + 1; step++) measured.push(await measureStep(learner, step));
  const median = (figure: (step: Measurement) => number): number => {
    const sorted = measured.map(figure).sort((a, b) => a - b);
    return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
  };
  return {
    rollout: { seconds: median(({ rollout }) => rollout.seconds), tokens: median(({ rollout }) => rollout.tokens) },
    score: { seconds: median(({ score }) => score.seconds) },
    logprobs: { seconds: median(({ logprobs }) => logprobs.seconds) },
    update: { seconds: median(({ update }) => update.seconds) },
    step: { seconds: median(({ step }) => step.seconds) },
    peak_rss_bytes: measured.at(-1)!.peak_rss_bytes,
  };
}
