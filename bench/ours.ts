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
import { measuredStage, measureStep } from '../src/trainer/measure.ts';
import { LocalLearner } from '../src/trainer/policy/local-learner.ts';
import { prepareRun } from '../src/trainer/prepare.ts';
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
const learner = values.lengths ? new ForcedLengths(run, values.lengths.split(',').map(Number)) : new LocalLearner(run);
const stage = measuredStage(run, learner);

const trained = Object.values(learner.policy.state.weights);
const side: Side = { trainable_parameters: trained.reduce((sum, { shape }) => sum + sizeOf(shape), 0) };
console.log(JSON.stringify(side));
let answered = cpuSeconds();
for await (const line of createInterface(process.stdin)) {
  if (line !== 'step') break;
  const waiting_cpu_seconds = cpuSeconds() - answered;
  const { measured, rollouts } = await measureStep(stage);
  const answer: MeasuredStep = {
    ...measured,
    prompt_lengths: [...new Set(rollouts.map((row) => row.prompt_ids))].map((ids) => ids.length),
    completion_lengths: rollouts.map(({ length }) => length),
    waiting_cpu_seconds,
  };
  console.log(JSON.stringify(answer));
  answered = cpuSeconds();
}
await run.rewards.close();
