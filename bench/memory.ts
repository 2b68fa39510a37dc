/** Whether training needs no more memory the longer it runs: resident memory after warm-up and at the end, and how many graphs were compiled. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { RunControl } from '../src/trainer/control.ts';
import { loadRunConfig } from '../src/trainer/load-config.ts';
import { prepareRun } from '../src/trainer/prepare.ts';
import { RunFolder } from '../src/trainer/run-folder.ts';
import { train } from '../src/trainer/train.ts';
import { versions } from '../src/trainer/versions.ts';

const STEPS = 500;
/** Steps that a figure is the mean of: collections of garbage make single ones jump. */
const WINDOW = 50;
/** Until then graphs are compiled, and the first evaluation and checkpoint have been. */
const WARM_UP = 100;

export async function benchMemory(): Promise<void> {
  const loaded = loadRunConfig('sample-workspace/arithmetic.grpo.json', {
    // Everything that keeps state: a reference that is refreshed, passes that share log-probabilities, evaluations, checkpoints.
    set: [
      'promptsPerStep=4',
      ...[`maxSteps=${STEPS}`, 'beta=0.01', 'syncRefModel=true', 'refModelSyncSteps=20', 'numIterations=2'],
      ...['evalSteps=100', 'evalPrompts=8', 'saveSteps=100', 'saveTotalLimit=1'],
    ],
  });
  const run = await prepareRun(loaded, { rewardWorker: resolve('dist/reward-worker.js') });
  const temporary = mkdtempSync(join(tmpdir(), 'grpo-bench-'));
  const { config, name, file: configFile } = { ...run, ...loaded };
  const device = run.engine.name;
  const folder = RunFolder.create({ name, configFile, device, versions: versions(), config }, join(temporary, 'run'));
  const resident: number[] = [];
  const graphs: number[] = [];
  try {
    await train(run, folder, {
      control: new RunControl(),
      attended: false,
      resume: undefined,
      emit(event) {
        if (event.type !== 'step') return;
        resident.push(process.memoryUsage.rss());
        graphs.push(run.engine.compilations);
      },
    });
  } finally {
    folder.close();
    await run.rewards.close();
    rmSync(temporary, { recursive: true, force: true });
  }
  const mean = (from: number) => resident.slice(from, from + WINDOW).reduce((sum, bytes) => sum + bytes, 0) / WINDOW;
  console.log('| steps | resident memory (MiB) | graphs compiled |\n|---|---|---|');
  for (let from = WARM_UP; from < STEPS; from += WINDOW) {
    const last = from + WINDOW;
    console.log(`| ${from + 1} to ${last} | ${(mean(from) / 2 ** 20).toFixed(1)} | ${graphs[last - 1]} |`);
  }
  const growth = mean(STEPS - WINDOW) / mean(WARM_UP) - 1;
  console.log(`\nGrowth after warm-up: ${(100 * growth).toFixed(1)} %`);
}
