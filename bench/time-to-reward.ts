/** How long it takes until the reward is there, here and by TRL: the same config from the same weights, alternating, over several seeds. */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MetricsRow } from '../src/protocol/run-folder.ts';
import { readMetrics } from '../src/run-folder/metrics.ts';
import { versions } from '../src/trainer/versions.ts';
import { trainHere, trainThere } from './both-sides.ts';
import { machine } from './machine.ts';
import { countOf, parseOptions } from './options.ts';
import { findPeerPython } from './peer-python.ts';
import { median } from './statistics.ts';
import { overrides, subjectConfig } from './subject.ts';
import { listOf, row } from './words.ts';

const OPTIONS = {
  model: { type: 'string' },
  seeds: { type: 'string', default: '3' },
  set: { type: 'string', multiple: true },
} as const;
const SHARES = [0.8, 0.9];

interface Task {
  name: string;
  config: string;
  /** The largest reward that there is. */
  reachable: number;
  set: string[];
  /** PyTorch's, as many as are fastest. */
  threads: number;
}

const SAMPLES: Task[] = [
  { name: 'sort', config: 'sample-workspace/sort.grpo.json', reachable: 7, set: ['maxSteps=60'], threads: 1 },
  {
    name: 'arithmetic',
    config: 'sample-workspace/arithmetic.grpo.json',
    reachable: 2.8,
    set: ['maxSteps=40'],
    threads: 1,
  },
];

/** The instruction sample: answers of no more words than asked for, by a model of one's own. */
function instructions(model: string): Task {
  const { configFile, fields } = subjectConfig({ model });
  const work = { promptsPerStep: 4, numGenerations: 8, maxCompletionLength: 64, learningRate: 1e-5, maxSteps: 40 };
  const set = overrides({ ...fields, ...work, evalSplit: 0.25, lrSchedulerType: 'constant' });
  return { name: 'instructions', config: configFile, reachable: 1, set, threads: availableParallelism() };
}

/** Seconds of training, without those of evaluations, and steps, until held-out rewards first have a share of what is reachable; null: never. */
export function timeTo(reward: number, rows: readonly MetricsRow[]): { seconds: number; steps: number } | null {
  let seconds = 0;
  for (const { step, step_time: own, eval_reward: heldOut } of rows) {
    if (typeof own === 'number') seconds += own;
    if (typeof heldOut === 'number' && heldOut >= reward) return { seconds, steps: step };
  }
  return null;
}

export function benchTimeToReward(args: string[]): void {
  const read = parseOptions('time-to-reward', args, OPTIONS);
  const python = findPeerPython();
  const tasks = read.model === undefined ? SAMPLES : [instructions(read.model)];
  console.log(row('sample', 'seed', 'held-out reward', 'here: seconds (steps)', 'TRL: seconds (steps)'));
  console.log('|---|---|---|---|---|');
  const summaries = tasks.flatMap((task) => {
    const reached = Array.from({ length: countOf('seeds', read.seeds) }, (_, index) =>
      trainBoth(task, index + 1, read.set ?? [], python.command),
    );
    return SHARES.map((share, at) =>
      summary(
        task.name,
        share,
        reached.map((results) => results[at]!),
      ),
    );
  });
  console.log(`\n${row('sample', 'reward', 'here, median', 'TRL, median', 'TRL ÷ ours')}\n|---|---|---|---|---|`);
  console.log(summaries.join('\n'));
  const command = ['npm run bench -- time-to-reward', ...args].join(' ');
  console.log(`\n\`${command}\` on ${machine()}; ${listOf(versions())}; ${listOf(python.versions)}.`);
}

type Reached = Record<'ours' | 'trl', ReturnType<typeof timeTo>>;

/** One after the other, each with the machine to itself; the result for each share. */
function trainBoth(task: Task, seed: number, more: readonly string[], python: string): Reached[] {
  const fields = [...task.set, 'evalSteps=1', 'evalOnStart=true', `seed=${seed}`, ...more];
  const set = fields.flatMap((field) => ['--set', field]);
  const folder = mkdtempSync(join(tmpdir(), 'grpo-bench-'));
  try {
    const ours = readMetrics(trainHere(task.config, set, folder));
    const trl = readMetrics(trainThere(task.config, set, folder, python, task.threads));
    return SHARES.map((share) => {
      const reward = share * task.reachable;
      const reached = { ours: timeTo(reward, ours), trl: timeTo(reward, trl) };
      const figures = [reached.ours, reached.trl].map((at) =>
        at ? `${at.seconds.toFixed(1)} (${at.steps})` : 'never',
      );
      console.log(row(task.name, String(seed), reward.toFixed(2), ...figures));
      return reached;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Over the seeds at which both got there. */
function summary(name: string, share: number, results: readonly Reached[]): string {
  const both = results.flatMap(({ ours, trl }) => (ours && trl ? [{ ours: ours.seconds, trl: trl.seconds }] : []));
  const title = [
    name,
    `${100 * share} %${both.length < results.length ? ` (${both.length} of ${results.length} seeds)` : ''}`,
  ];
  if (both.length === 0) return row(...title, 'never', 'never', '');
  const [ours, trl] = [median(both.map(({ ours }) => ours)), median(both.map(({ trl }) => trl))];
  return row(...title, `${ours.toFixed(1)} s`, `${trl.toFixed(1)} s`, `${(trl / ours).toFixed(1)} ×`);
}
