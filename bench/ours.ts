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
import { prepareRun } from '../src/trainer/prepare.ts';
import { Stopwatch } from '../src/trainer/stopwatch.ts';
import type { MeasuredStep } from './phases.ts';

async function measureStep(learner: Learner, step: number): Promise<Omit<MeasuredStep, 'waiting_cpu_seconds'>> {
  const watch = new Stopwatch();
  const rollout = await learner.rollout(step);
  watch.lap('rollout');
  const table = await learner.score(rollout, step);
  const credit = learner.credit(rollout, table);
  watch.lap('score');
  const { seconds } = await learner.update(rollout, credit, step);
  watch.lap('update');
  return {
    rollout: { seconds: watch.laps.rollout!, tokens: rollout.reduce((sum, { ids }) => sum + ids.length, 0) },
    score: { seconds: watch.laps.score! },
    logprobs: { seconds: seconds.reference },
    update: { seconds: seconds.update },
    step: { seconds: watch.total },
    // maxRSS is in KiB on every platform.
    peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
  };
}

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
