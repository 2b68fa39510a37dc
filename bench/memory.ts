/** Whether training needs no more memory the longer it runs: resident memory after warm-up and at the end, and how many graphs were compiled. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isMainThread, Worker } from 'node:worker_threads';
import { loadRunConfig } from '../src/config/load-config.ts';
import { BadInput } from '../src/protocol/errors.ts';
import { RunFolder } from '../src/run-folder/run-folder.ts';
import { RunControl } from '../src/trainer/control.ts';
import { evaluationOf } from '../src/trainer/evaluate.ts';
import { TRAINING_THREAD } from '../src/trainer/host/session-thread.ts';
import { LocalLearner } from '../src/trainer/policy/local-learner.ts';
import { prepareRun } from '../src/trainer/prepare.ts';
import { persistentScoring } from '../src/trainer/scoring.ts';
import { GrpoStage } from '../src/trainer/stages/grpo.ts';
import { train } from '../src/trainer/train.ts';
import { versions } from '../src/trainer/versions.ts';
import { machine } from './machine.ts';
import { countOf, parseOptions } from './options.ts';
import { overrides, type Subject, subjectConfig } from './subject.ts';
import { listOf } from './words.ts';

const OPTIONS = { model: { type: 'string' }, lora: { type: 'string' }, steps: { type: 'string' } } as const;
/** Of the sample, and of a model whose steps take the better part of a minute. */
const SAMPLE_STEPS = 500;
const MODEL_STEPS = 30;
const FEWEST_STEPS = 15;

export async function benchMemory(args: string[]): Promise<void> {
  if (isMainThread) return inTrainingThread(args);
  const read = parseOptions('memory', args, OPTIONS);
  const subject: Subject = { model: read.model, lora: countOf('lora', read.lora) };
  const steps = countOf('steps', read.steps) ?? (read.model === undefined ? SAMPLE_STEPS : MODEL_STEPS);
  if (steps < FEWEST_STEPS) throw new BadInput(`--steps ${steps}: give ${FEWEST_STEPS} at least.`);
  // Until then graphs are compiled, the first evaluation and checkpoint have been, and V8 has once collected what lives longer.
  const warmUp = Math.floor(steps / 3);
  // A figure is the mean of as many steps: collections of garbage make single ones jump.
  const window = Math.max(5, Math.floor(steps / 10));
  const { resident, graphs } = await trainFor(steps, subject);

  const mean = (from: number) => resident.slice(from, from + window).reduce((sum, bytes) => sum + bytes, 0) / window;
  const first = warmUp + ((steps - warmUp) % window);
  console.log('| steps | resident memory (MiB) | graphs compiled |\n|---|---|---|');
  for (let from = steps % window; from < steps; from += window) {
    const last = from + window;
    console.log(`| ${from + 1} to ${last} | ${(mean(from) / 2 ** 20).toFixed(1)} | ${graphs[last - 1]} |`);
  }
  const growth = mean(steps - window) / mean(first) - 1;
  console.log(`\nGrowth from steps ${first + 1} to ${first + window} on: ${(100 * growth).toFixed(1)} %`);
  console.log(`Graphs compiled from there on: ${graphs.at(-1)! - graphs[first - 1]!}, of ${graphs.at(-1)} in all`);
  console.log(`\n\`${['npm run bench -- memory', ...args].join(' ')}\` on ${machine()}; ${listOf(versions())}.`);
}

/** This program again, where a trainer would train. */
async function inTrainingThread(args: string[]): Promise<void> {
  const thread = new Worker(new URL(import.meta.url), { ...TRAINING_THREAD, argv: ['memory', ...args] });
  [process.exitCode] = await once(thread, 'exit');
}

/** Trains in this thread. After each step: resident bytes, and the graphs that were compiled so far. */
async function trainFor(steps: number, subject: Subject): Promise<Record<'resident' | 'graphs', number[]>> {
  const { configFile, fields } = subjectConfig(subject);
  const every = Math.floor(steps / 5);
  const loaded = loadRunConfig(configFile, {
    // Everything that keeps state: a reference that is refreshed, passes that share log-probabilities, evaluations, checkpoints.
    set: overrides({
      ...fields,
      ...(subject.model !== undefined && { evalDataset: 'prompts.jsonl', maxCompletionLength: 64 }),
      ...{ promptsPerStep: 4, maxSteps: steps, beta: 0.01, numIterations: 2 },
      ...{ syncRefModel: true, refModelSyncSteps: Math.ceil(every / 5) },
      ...{ evalSteps: every, evalPrompts: 8, saveSteps: every, saveTotalLimit: 1 },
    }),
  });
  const run = await prepareRun(loaded, { rewardWorker: resolve('dist/reward-worker.js') });
  const temporary = mkdtempSync(join(tmpdir(), 'grpo-bench-'));
  const { config, name, file } = { ...run, ...loaded };
  const device = run.engine.name;
  const folder = RunFolder.create(
    { name, configFile: file, device, versions: versions(), config },
    join(temporary, 'run'),
  );
  const resident: number[] = [];
  const graphs: number[] = [];
  try {
    const learner = new LocalLearner(run);
    const stage = new GrpoStage(
      run,
      learner,
      persistentScoring(run, () => []),
    );
    await train(stage, folder, {
      config,
      evaluate: evaluationOf(run, learner),
      control: new RunControl(),
      attended: false,
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
  return { resident, graphs };
}
