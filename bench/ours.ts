/**
 * One GRPO step of ours, measured by phase: the counterpart of `peer.py --serve`.
 *
 *     node scripts/run.mjs bench/ours.ts RUN.grpo.json [FIELD=VALUE ...]
 *
 * Says `ready`, takes one training step for each line `step` that it reads, and answers with that step's phases as a line of JSON.
 */
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Learner } from '../src/trainer/learner.ts';
import { loadRunConfig } from '../src/trainer/load-config.ts';
import { measureStep } from '../src/trainer/measure.ts';
import { prepareRun } from '../src/trainer/prepare.ts';

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const [config, ...set] = process.argv.slice(2);
const rewardWorker = fileURLToPath(new URL('../reward-worker.js', import.meta.url));
const run = await prepareRun(loadRunConfig(config!, { set }), { rewardWorker });
const learner = new Learner(run);
let step = 0;
let answered = cpuSeconds();
console.log('ready');
for await (const line of createInterface(process.stdin)) {
  if (line !== 'step') break;
  const waiting_cpu_seconds = cpuSeconds() - answered;
  const measured = await measureStep(learner, ++step);
  console.log(JSON.stringify({ ...measured, waiting_cpu_seconds }));
  answered = cpuSeconds();
}
await run.rewards.close();
