import { Learner } from './learner.ts';
import type { PreparedRun } from './prepare.ts';
import { Stopwatch } from './stopwatch.ts';

/** Medians over the measured steps. `logprobs` are those of the reference policy: the old policy's cost no pass of their own. */
export interface Measurement {
  rollout: { seconds: number; tokens: number };
  score: { seconds: number };
  logprobs: { seconds: number };
  update: { seconds: number };
  step: { seconds: number };
  peak_rss_bytes: number;
}

/** Takes `steps` measured training steps after one that compiles the graphs. */
export async function measureSteps(run: PreparedRun, steps: number): Promise<Measurement> {
  const learner = new Learner(run);
  const measured: Record<'rollout' | 'tokens' | 'score' | 'logprobs' | 'update' | 'step', number>[] = [];
  for (let step = 1; step <= steps + 1; step++) {
    const watch = new Stopwatch();
    const rollout = await learner.rollout(step);
    watch.lap('rollout');
    const table = await learner.score(rollout, step);
    const credit = learner.credit(rollout, table);
    watch.lap('score');
    const { seconds } = await learner.update(rollout, credit, step);
    watch.lap('update');
    if (step === 1) continue;
    measured.push({
      rollout: watch.laps.rollout!,
      tokens: rollout.reduce((sum, { ids }) => sum + ids.length, 0),
      score: watch.laps.score!,
      logprobs: seconds.reference,
      update: seconds.update,
      step: watch.total,
    });
  }
  const median = (name: keyof (typeof measured)[number]): number => {
    const sorted = measured.map((each) => each[name]).sort((a, b) => a - b);
    return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
  };
  return {
    rollout: { seconds: median('rollout'), tokens: median('tokens') },
    score: { seconds: median('score') },
    logprobs: { seconds: median('logprobs') },
    update: { seconds: median('update') },
    step: { seconds: median('step') },
    // maxRSS is in KiB on every platform.
    peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
  };
}
