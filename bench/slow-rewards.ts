/** How much of the time of slow rewards is hidden behind generation: a step whose completions end one after another, scored as they end and after all. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadRunConfig } from '../src/config/load-config.ts';
import { type Measurement, measureStep, medians } from '../src/trainer/measure.ts';
import { prepareRun } from '../src/trainer/prepare.ts';
import { PlainScoring } from '../src/trainer/scoring.ts';
import { GrpoStage } from '../src/trainer/stages/grpo.ts';
import { versions } from '../src/trainer/versions.ts';
import { ForcedLengths } from './forced-lengths.ts';
import { parseLengths, spacedLengths } from './lengths.ts';
import { machine } from './machine.ts';
import { countOf, parseOptions } from './options.ts';
import { overrides, subjectConfig } from './subject.ts';
import { listOf } from './words.ts';

const OPTIONS = {
  model: { type: 'string' },
  steps: { type: 'string', default: '9' },
  lengths: { type: 'string', default: '8-200' },
  milliseconds: { type: 'string', default: '10' },
} as const;
const WORK = { promptsPerStep: 4, numGenerations: 8 };

/** A reward that does nothing else meanwhile, such as one that runs a program and waits for it. */
const waiting = (milliseconds: number): string => `
const cell = new Int32Array(new SharedArrayBuffer(4));
export function patience({ completion }: { completion: string }) {
  Atomics.wait(cell, 0, 0, ${milliseconds});
  return completion.length;
}
`;

export async function benchSlowRewards(args: string[]): Promise<void> {
  const options = parseOptions('slow-rewards', args, OPTIONS);
  const [steps, milliseconds] = [countOf('steps', options.steps), countOf('milliseconds', options.milliseconds)];
  const lengths = spacedLengths(parseLengths(options.lengths), WORK.promptsPerStep * WORK.numGenerations);
  const { configFile, fields } = subjectConfig({ model: options.model });
  const folder = mkdtempSync(join(tmpdir(), 'grpo-bench-'));
  const file = join(folder, 'patience.reward.ts');
  writeFileSync(file, waiting(milliseconds));
  const maxCompletionLength = Math.max(...lengths);
  const set = overrides({ ...fields, ...WORK, maxCompletionLength, rewards: JSON.stringify([file]) });
  const rewardWorker = fileURLToPath(new URL('../reward-worker.js', import.meta.url));
  const run = await prepareRun(loadRunConfig(configFile, { set }), { rewardWorker });
  try {
    const early = new PlainScoring(run);
    const late = new PlainScoring(run);
    const scorings = [{ score: late.score.bind(late) }, early];
    const sides = scorings.map((scoring) => ({
      stage: new GrpoStage(run, new ForcedLengths(run, lengths), scoring),
      measured: [] as Measurement[],
    }));
    // Side by side, so that a machine that becomes slower slows both; the first steps compile.
    for (const { stage } of sides) await measureStep(stage);
    for (let step = 0; step < steps; step++)
      for (const { stage, measured } of sides) measured.push((await measureStep(stage)).measured);
    const row = (name: string, { rollout, score }: Measurement) => {
      const figures = [rollout.seconds, score.seconds, rollout.seconds + score.seconds];
      return `| ${[name, ...figures.map((seconds) => seconds.toFixed(2))].join(' | ')} |`;
    };
    console.log('| rewards begin | seconds of sampling | and of scoring after it | both |\n|---|---|---|---|');
    console.log(row('when all completions are written', medians(sides[0]!.measured)));
    console.log(row('when the first has ended', medians(sides[1]!.measured)));
    const alone = (lengths.length * milliseconds) / 1000;
    console.log(
      `\nRewards alone take ${alone.toFixed(2)} s: ${milliseconds} ms for each of ${lengths.length} completions.`,
    );
    console.log(
      `\n\`${['npm run bench -- slow-rewards', ...args].join(' ')}\` on ${machine()}; ${listOf(versions())}.`,
    );
  } finally {
    await run.rewards.close();
    rmSync(folder, { recursive: true });
  }
}
