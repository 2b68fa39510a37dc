/**
 * One GRPO step of ours, measured by phase: the counterpart of `peer.py --serve`.
 *
 *     node scripts/run.mjs bench/ours.ts RUN.grpo.json [--lengths N,N,...] [FIELD=VALUE ...]
 *
 * Says what it trains, takes one training step for each line `step` that it reads, and answers with that step's phases as a line of JSON.
 */
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadRunConfig } from '../src/config/load-config.ts';
import { sizeOf } from '../src/model/shape.ts';
import { Learner } from '../src/trainer/learner.ts';
import { measureStep } from '../src/trainer/measure.ts';
import { prepareRun } from '../src/trainer/prepare.ts';
import type { Rollout } from '../src/trainer/rollout.ts';
import { ForcedLengths } from './forced-lengths.ts';
import type { MeasuredStep, Side } from './phases.ts';

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const { positionals, values } = parseArgs({ allowPositionals: true, options: { lengths: { type: 'string' } } });
const [config, ...set] = positionals;
const rewardWorker = fileURLToPath(new URL('../reward-worker.js', import.meta.url));
const run = await prepareRun(loadRunConfig(config!, { set }), { rewardWorker });
const learner = values.lengths ? new ForcedLengths(run, values.lengths.split(',').map(Number)) : new Learner(run);

let sampled: Rollout = [];
const rollout = learner.rollout.bind(learner);
learner.rollout = async (step) => {
  sampled = await rollout(step);
  return sampled;
};

const trained = Object.values(learner.policy.state.weights);
const side: Side = { trainable_parameters: trained.reduce((sum, { shape }) => sum + sizeOf(shape), 0) };
console.log(JSON.stringify(side));
let step = 0;
let answered = cpuSeconds();
for await (const line of createInterface(process.stdin)) {
  if (line !== 'step') break;
  const waiting_cpu_seconds = cpuSeconds() - answered;
  const answer: MeasuredStep = {
    ...(await measureStep(learner, ++step)),
    prompt_lengths: [...new Set(sampled.map(({ prompt }) => prompt))].map(({ ids }) => ids.length),
    completion_lengths: sampled.map(({ ids }) => ids.length),
    waiting_cpu_seconds,
  };
  console.log(JSON.stringify(answer));
  answered = cpuSeconds();
}
await run.rewards.close();
