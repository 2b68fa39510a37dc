/** `npm start`: trains the sort sample, and shows what three prompts' completions and rewards were before and are after. */
import { fileURLToPath } from 'node:url';
import { Progress } from '../src/cli/progress.ts';
import { loadRunConfig } from '../src/config/load-config.ts';
import { RunControl } from '../src/trainer/control.ts';
import { evaluateStart } from '../src/trainer/evaluate.ts';
import { prepareRun } from '../src/trainer/prepare.ts';
import { runSession } from '../src/trainer/session.ts';

const CONFIG = 'sample-workspace/sort.grpo.json';
const SHOWN_PROMPTS = 3;
const rewardWorker = fileURLToPath(new URL('../reward-worker.js', import.meta.url));

/** Held-out prompts with a completion and its reward each, and the mean reward over all of them. */
async function look(title: string, model?: string): Promise<void> {
  const set = [`numGenerationsEval=4`, ...(model === undefined ? [] : [`model=${model}`])];
  const run = await prepareRun(loadRunConfig(CONFIG, { set }), { rewardWorker });
  try {
    const { reward, completions, totals } = await evaluateStart(run, run.evalPrompts!);
    console.log(`\n${title}: mean reward ${reward?.toFixed(2)} of 7 on ${run.evalPrompts!.length} held-out prompts`);
    for (let group = 0; group < SHOWN_PROMPTS; group++) {
      const first = group * run.config.numGenerationsEval;
      const { prompt, text } = completions[first]!;
      console.log(`  ${prompt.prompt}${text}`.padEnd(32), `reward ${totals[first]}`);
    }
    console.log();
  } finally {
    await run.rewards.close();
  }
}

const control = new RunControl();
process.once('SIGINT', () => control.stop());
await look('Before');
const progress = new Progress(process.stderr);
// Evaluated above and below, with fewer completions.
const options = { configFile: CONFIG, set: ['evalOnStart=false'], rewardWorker, attended: false };
const { checkpoint, run } = await runSession(options, control, (event) => progress.show(event));
await look('After', checkpoint!);
console.log(`What next:
  - Open sample-workspace/ in an editor and change a reward in rewards/sort.reward.ts; run npm start again.
  - node dist/grpo.js train sample-workspace/arithmetic.grpo.json
  - Read every completion of this run: ${run}/rollouts/
  - Make your own: a model folder, a dataset, a reward file, a .grpo.json (docs/own-task.md). node dist/grpo.js --help lists the commands.`);
