/** How much sooner an update is done when groups without a signal are left out of it: a step in which four of five groups are too easy. */
import { fileURLToPath } from 'node:url';
import { loadRunConfig } from '../src/config/load-config.ts';
import type { ScoreTable } from '../src/protocol/rewards.ts';
import { type Measurement, measureStep, medians } from '../src/trainer/measure.ts';
import { LocalLearner } from '../src/trainer/policy/local-learner.ts';
import { prepareRun } from '../src/trainer/prepare.ts';
import type { Rollout } from '../src/trainer/rollout.ts';
import { GrpoStage } from '../src/trainer/stages/grpo.ts';
import { versions } from '../src/trainer/versions.ts';
import { machine } from './machine.ts';
import { countOf, parseOptions } from './options.ts';
import { overrides, subjectConfig } from './subject.ts';
import { listOf } from './words.ts';

const OPTIONS = { model: { type: 'string' }, steps: { type: 'string', default: '5' } } as const;
const WORK = { promptsPerStep: 20, numGenerations: 8 };
const GROUPS_PER_SIGNAL = 5;

export async function benchSkipping(args: string[]): Promise<void> {
  const { model, steps: wanted } = parseOptions('skipping', args, OPTIONS);
  const steps = countOf('steps', wanted);
  const { configFile, fields } = subjectConfig({ model });
  // The same completions at every step: the policy stays as it is.
  const set = overrides({ ...fields, ...WORK, learningRate: 0, beta: 0, entropyCoef: 0, lossType: 'dapo' });
  const rewardWorker = fileURLToPath(new URL('../reward-worker.js', import.meta.url));
  const run = await prepareRun(loadRunConfig(configFile, { set }), { rewardWorker });
  try {
    const sides = [true, false].map((all) => ({
      stage: new GrpoStage(run, new LocalLearner(run, { all }), {
        score: async (rollout) => mostlyEasy(rollout),
      }),
      measured: [] as Measurement[],
    }));
    // Side by side, so that a machine that becomes slower slows both; the first steps compile.
    for (const { stage } of sides) await measureStep(stage);
    for (let step = 0; step < steps; step++)
      for (const { stage, measured } of sides) measured.push((await measureStep(stage)).measured);
    const [all, some] = sides.map(({ measured }) => medians(measured).update.seconds) as [number, number];
    console.log('| update | seconds |\n|---|---|');
    console.log(`| of all groups | ${all.toFixed(3)} |\n| without those that have no signal | ${some.toFixed(3)} |`);
    console.log(`\n${(all / some).toFixed(1)} times as fast, where four of five groups have no signal.`);
    console.log(`\n\`${['npm run bench -- skipping', ...args].join(' ')}\` on ${machine()}; ${listOf(versions())}.`);
  } finally {
    await run.rewards.close();
  }
}

/** Equal scores in four of five groups. */
function mostlyEasy(rollout: Rollout): ScoreTable {
  const outcomes = rollout.map(({ group }, row) => {
    const score = group % GROUPS_PER_SIGNAL === 0 ? row % 2 : 1;
    return { kind: 'score' as const, score };
  });
  return { columns: [{ name: 'easy', weight: 1, seconds: 0, outcomes }], metrics: {}, extra: {} };
}
