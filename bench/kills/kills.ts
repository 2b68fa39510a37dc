/** What is lost when a trainer is killed with SIGKILL: at random moments, while it writes a checkpoint, while it resumes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { integers } from '../../src/data/random.ts';
import { BadInput } from '../../src/protocol/errors.ts';
import { versions } from '../../src/trainer/versions.ts';
import { machine } from '../machine.ts';
import { countOf, parseOptions } from '../options.ts';
import { listOf, row } from '../words.ts';
import { KILL_POINTS, killTrial, type TrialResult, trainWhole } from './trial.ts';

const OPTIONS = { trials: { type: 'string' }, seed: { type: 'string' } } as const;
const TRIALS = 100;
const STEPS = 8;
const CONFIG = 'sample-workspace/sort.grpo.json';

const WORDS = {
  anywhere: 'at a random moment',
  checkpoint: 'while a checkpoint is written',
  resume: 'at a random moment, and again while it resumes',
};

export async function benchKills(args: string[]): Promise<void> {
  if (process.platform !== 'linux')
    throw new BadInput('npm run bench -- kills: only Linux tells what processes are left.');
  const read = parseOptions('kills', args, OPTIONS);
  const trials = countOf('trials', read.trials) ?? TRIALS;
  const seed = countOf('seed', read.seed) ?? 1;
  const temporary = mkdtempSync(join(tmpdir(), 'grpo-kills-'));
  try {
    const settings = { maxSteps: STEPS, saveSteps: 1, evalSteps: 'null', lrSchedulerType: 'cosine', numIterations: 2 };
    const set = Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
    const subject = await trainWhole(resolve('dist/grpo.js'), [CONFIG, ...set], STEPS, join(temporary, 'whole'));
    const results = new Map(KILL_POINTS.map((point) => [point, [] as TrialResult[]]));
    for (let trial = 0; trial < trials; trial++) {
      const point = KILL_POINTS[trial % KILL_POINTS.length]!;
      const next = integers(seed, ['kill', trial]);
      const result = await killTrial(subject, point, join(temporary, 'run'), () => next() / 2 ** 32);
      results.get(point)!.push(result);
      const faults = [...result.damaged, ...result.differences];
      if (faults.length > 0) console.error(`trial ${trial + 1} (${WORDS[point]}): ${faults.join('; ')}`);
    }
    console.log(tableOf(results));
    console.log(`\n\`${['npm run bench -- kills', ...args].join(' ')}\` on ${machine()}; ${listOf(versions())}.`);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function tableOf(results: Map<(typeof KILL_POINTS)[number], TrialResult[]>): string {
  const heading = [
    'killed',
    'trials',
    'kills',
    'saved steps lost',
    'unreadable files',
    'processes left',
    'runs that ended otherwise',
  ];
  const count = (trials: TrialResult[], figure: (trial: TrialResult) => number) =>
    String(trials.reduce((sum, trial) => sum + figure(trial), 0));
  const rows = [...results].map(([point, trials]) =>
    row(
      WORDS[point],
      String(trials.length),
      count(trials, ({ kills }) => kills),
      count(trials, ({ stepsLost }) => stepsLost),
      count(trials, ({ damaged }) => damaged.length),
      count(trials, ({ processesLeft }) => processesLeft),
      count(trials, ({ differences }) => Math.min(differences.length, 1)),
    ),
  );
  return [row(...heading), `|${'---|'.repeat(heading.length)}`, ...rows].join('\n');
}
