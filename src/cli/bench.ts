import { loadRunConfig } from '../config/load-config.ts';
import { measureSteps } from '../trainer/measure.ts';
import { prepareRun } from '../trainer/prepare.ts';
import type { CommandOf } from './commands.ts';
import { print, printJson } from './output.ts';
import { rewardWorker } from './reward-worker.ts';

/** `grpo bench`: medians over measured steps of the config's own setting; nothing is written. */
export async function benchCommand({ config, steps, json }: CommandOf<'bench'>): Promise<number> {
  const run = await prepareRun(loadRunConfig(config), { rewardWorker });
  try {
    const result = await measureSteps(run, steps);
    if (json) {
      printJson(result);
      return 0;
    }
    const seconds = (value: number) => `${value.toFixed(3)} s`;
    const { rollout } = result;
    print(`rollout   ${seconds(rollout.seconds)}  ${Math.round(rollout.tokens / rollout.seconds)} tokens/s`);
    print(`score     ${seconds(result.score.seconds)}`);
    print(`logprobs  ${seconds(result.logprobs.seconds)}`);
    print(`update    ${seconds(result.update.seconds)}`);
    print(`step      ${seconds(result.step.seconds)}`);
    print(`peak memory ${Math.round(result.peak_rss_bytes / 2 ** 20)} MiB`);
    return 0;
  } finally {
    await run.rewards.close();
  }
}
