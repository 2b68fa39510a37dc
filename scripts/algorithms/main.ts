/**
 * `npm run algorithms [-- SEEDS EPOCHS]`: GRPO, PPO with a value head and DPO on the task of CS336's lecture 17, with the same network, sampler, number of
 * updates and optimizer. Prints the table of docs/algorithms.md. PPO and DPO are for this comparison only.
 */
import { leaves } from '../../src/engine/tree.ts';
import { mean, standardDeviation } from '../../src/grpo/statistics.ts';
import { sizeOf } from '../../src/model/shape.ts';
import type { Weights } from '../../src/model/weights-tree.ts';
import { trainDpo } from './dpo.ts';
import { trainGrpo } from './grpo.ts';
import { trainPpo } from './ppo.ts';
import { LENGTH, Task } from './task.ts';

/** What a training comes to. */
export interface Trained {
  weights: Weights;
  /** What each update took. */
  milliseconds: number[];
  /** What has gradients and Adam's two moments. */
  trained: Weights[];
  reference?: Weights;
}

const ALGORITHMS: Record<string, (task: Task, epochs: number) => Promise<Trained>> = {
  GRPO: trainGrpo,
  'PPO, value head': trainPpo,
  'DPO, pairs of the start model': (task, epochs) => trainDpo(task, epochs, { online: false }),
  'DPO, pairs of the policy': (task, epochs) => trainDpo(task, epochs, { online: true }),
};

const [seeds, epochs] = [Number(process.argv[2] ?? 24), Number(process.argv[3] ?? 100)];
const numbersOf = (weights: Weights): number => leaves(weights).reduce((sum, [, { shape }]) => sum + sizeOf(shape), 0);
/** The first update with data of a shape compiles a graph. */
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const spread = (values: number[], digits: number): string =>
  `${mean(values)!.toFixed(digits)} ± ${(standardDeviation(values) ?? 0).toFixed(digits)}`;

console.log(`${seeds} seeds, ${epochs} epochs\n`);
console.log('| | numbers kept | responses drawn | ms per update | reward (of 3) | prompts sorted |');
console.log('|---|---|---|---|---|---|');
for (const [name, train] of Object.entries(ALGORITHMS)) {
  const [rewards, sorted, milliseconds]: [number[], number[], number[]] = [[], [], []];
  let [kept, drawn] = [0, 0];
  for (let seed = 1; seed <= seeds; seed++) {
    const task = new Task(seed);
    const { weights, trained, reference, ...times } = await train(task, epochs);
    drawn = task.drawn;
    milliseconds.push(...times.milliseconds);
    // Weights, their gradient, and Adam's two moments.
    kept = 4 * trained.reduce((sum, each) => sum + numbersOf(each), 0) + (reference ? numbersOf(reference) : 0);
    const last = await task.sample(weights, epochs);
    rewards.push(mean(last.rewards)!);
    sorted.push(last.rewards.filter((reward) => reward === LENGTH).length / last.rewards.length);
  }
  console.log(
    `| ${name} | ${kept.toLocaleString('en')} | ${drawn.toLocaleString('en')} | ${median(milliseconds).toFixed(2)} | ${spread(rewards, 2)} | ${spread(sorted, 2)} |`,
  );
}
