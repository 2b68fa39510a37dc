/** A recorded run under its rewards as they are now: they are edited between recording and rescoring. */
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type RescoreEvent, rescoreEvent } from '../../../src/protocol/rescore.ts';
import { grpo, jsonLines, referenceModel, temporaryFolder } from './run-grpo.ts';

/** Counts the letter a. */
const LETTERS = `export function score({ completion }: { completion: string }) {
  return completion.split('a').length - 1;
}
`;
/** Prefers short answers to n: the group of a, aa, aaa turns round; b, bb, bbb, which were equal, differ; ab, bb, aa are equal. */
const SHORT = `export function score({ completion, n }: { completion: string; n: number }) {
  return n - completion.length;
}
`;
const GROUPS = [
  ['a', 'aa', 'aaa'],
  ['b', 'bb', 'bbb'],
  ['ab', 'bb', 'aa'],
];

interface Recording {
  folder: string;
  run: string;
  reward: string;
  config: string;
}

/** Two steps of the same nine completions, recorded with LETTERS. */
async function recordedRun(): Promise<Recording> {
  const folder = temporaryFolder();
  const write = (name: string, content: string | object[]) => {
    const text = typeof content === 'string' ? content : content.map((row) => `${JSON.stringify(row)}\n`).join('');
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const rows = [1, 2].flatMap((step) =>
    GROUPS.flatMap((completions, group) =>
      completions.map((completion) => ({ step, group, prompt: `prompt ${group}`, completion, n: 4 })),
    ),
  );
  const rollouts = write('rollouts.jsonl', rows);
  write('prompts.jsonl', [{ prompt: 'prompt 0', n: 4 }]);
  const reward = write('score.reward.ts', LETTERS);
  const config = write('letters.grpo.json', configText());
  const run = join(folder, 'run');
  const { status, stderr } = await grpo(['train', config, '--rollouts', rollouts, '--out', run]);
  if (status !== 0) throw new Error(stderr);
  return { folder, run, reward, config };
}

const configText = (more: object = {}): string =>
  JSON.stringify({
    ...{ model: referenceModel('llama-head-dim-bf16').folder, dataset: 'prompts.jsonl', rewards: ['score.reward.ts'] },
    ...{ promptsPerStep: 3, numGenerations: 3, maxSteps: 2, maxCompletionLength: 8 },
    ...more,
  });

type Step = Extract<RescoreEvent, { type: 'step' }>;

async function rescore(run: string, ...more: string[]) {
  const { status, stdout, stderr } = await grpo(['rescore', run, '--json', ...more]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const events = jsonLines(stdout).map((line) => rescoreEvent.parse(line));
  const [start, ...steps] = events;
  const summary = steps.pop();
  if (start?.type !== 'start' || summary?.type !== 'summary') throw new Error(stdout);
  return { start, steps: steps as Step[], summary };
}

describe('rescore --json', () => {
  it('changes nothing while the reward is the same', async () => {
    const { run, reward } = await recordedRun();
    const { start, steps, summary } = await rescore(run);
    expect(start.functions).toEqual([{ name: 'score', file: reward, weight: 1, was: 1 }]);
    expect(start.steps).toEqual([1, 2]);
    for (const { rows } of steps)
      for (const { reward: value, advantage } of rows) {
        expect(value.new).toBe(value.old);
        expect(advantage.new).toBeCloseTo(advantage.old, 12);
      }
    expect(summary).toMatchObject({ changed: 0, flips: 0, gained: 0, lost: 0, completions: 18, groups: 6 });
  });

  it('tells which advantages turn round and which groups gain or lose their signal', async () => {
    const { run, reward } = await recordedRun();
    writeFileSync(reward, SHORT);
    const { steps, summary } = await rescore(run, '--newest-first');
    expect(steps.map(({ step }) => step)).toEqual([2, 1]);
    const [step] = steps;
    expect(step).toMatchObject({ flips: 2, gained: [1], lost: [2], failed: 0, left_out: 0, changed: 7 });
    expect(step!.rows.map(({ reward: value }) => [value.old, value.new])).toEqual([
      ...[
        [1, 3],
        [2, 2],
        [3, 1],
      ],
      ...[
        [0, 3],
        [0, 2],
        [0, 1],
      ],
      ...[
        [1, 2],
        [0, 2],
        [2, 2],
      ],
    ]);
    const unit = 1 / (1 + 1e-4);
    const advantages = step!.rows.map(({ advantage }) => [advantage.old, advantage.new]);
    const wanted = [
      [-unit, unit],
      [0, 0],
      [unit, -unit],
      [0, unit],
      [0, 0],
      [0, -unit],
      [0, 0],
      [-unit, 0],
      [unit, 0],
    ];
    for (const [i, [old, now]] of wanted.entries()) {
      expect(advantages[i]![0]).toBeCloseTo(old!, 6);
      expect(advantages[i]![1]).toBeCloseTo(now!, 12);
    }
    expect(step!.rows.map(({ flips }) => flips)).toEqual([true, false, true, ...Array(6).fill(false)]);
    expect(step!.groups.map(({ signal }) => signal.new)).toEqual(['signal', 'signal', 'equal']);
    expect(summary).toMatchObject({ steps: 2, flips: 4, gained: 2, lost: 2, reward: { old: 1, new: 2 } });
  });

  it('takes weights and scaling from the config as it is now, and from run.json when there is none', async () => {
    const { run, reward, config } = await recordedRun();
    writeFileSync(config, configText({ rewards: [{ file: 'score.reward.ts', weight: 10 }], scaleRewards: 'none' }));
    const now = await rescore(run, '--step', '2');
    expect(now.start).toMatchObject({ config: { used: 'current', why: null }, functions: [{ weight: 10, was: 1 }] });
    expect(now.steps[0]!.rows[2]).toMatchObject({ reward: { old: 3, new: 30 }, advantage: { new: 10 } });
    expect(now.summary.steps).toBe(1);

    rmSync(config);
    const then = await rescore(run, '--steps', '1-1');
    expect(then.start.config).toMatchObject({ used: 'recorded', why: expect.stringContaining('does not exist') });
    expect(then.start.functions).toEqual([{ name: 'score', file: reward, weight: 1, was: 1 }]);
    expect(then.summary).toMatchObject({ changed: 0, flips: 0 });
  });

  it('reads a run that is being written, up to its torn last line', async () => {
    const { run, reward } = await recordedRun();
    const newest = join(run, 'rollouts/step-000002.jsonl');
    writeFileSync(newest, readFileSync(newest, 'utf8').slice(0, -20));
    appendFileSync(join(run, 'metrics.jsonl'), '{"step": 3, "rew');
    mkdirSync(join(run, 'rollouts/.step-000003.jsonl.tmp'));
    writeFileSync(reward, SHORT);
    const { steps } = await rescore(run);
    expect(steps.map(({ step, completions, left_out }) => [step, completions, left_out])).toEqual([
      [1, 9, 0],
      [2, 6, 2],
    ]);
    expect(steps[1]).toMatchObject({ flips: 2, gained: [1], lost: [] });
  });

  it('keeps what throws as a failure of its row, with its place', async () => {
    const { run, reward } = await recordedRun();
    writeFileSync(
      reward,
      LETTERS.replace('  return', "  if (completion === 'aa') throw new Error('no twins');\n  return"),
    );
    const { steps } = await rescore(run, '--step', '1');
    const { rows, failed } = steps[0]!;
    expect(failed).toBe(2);
    expect(rows[1]).toMatchObject({ reward: { old: 2, new: null }, advantage: { new: 0 } });
    expect(rows[1]!.error).toMatch(/score\.reward\.ts:2:\d+: score: .*no twins/);
  });
});

it('shows a table of steps, a summary and the biggest changes', async () => {
  const { run, reward } = await recordedRun();
  writeFileSync(reward, SHORT);
  const { status, stdout, stderr } = await grpo(['rescore', run]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^letters, re-scored with the current rewards of .*letters\.grpo\.json: score\n/);
  expect(stdout).toMatch(
    /^ +step +completions +reward +now +changed +sign flips +gain signal +lose signal\n +1 +9 +1 +2 +7 +2 +1 +1$/m,
  );
  expect(stdout).toContain('14 of 18 completions get a different reward; 4 advantages change sign.');
  expect(stdout).toContain('2 of 6 groups gain a signal; 2 lose it.');
  expect(stdout).toMatch(/^ +1 +0 +prompt 0 +a +1 +3 +-1\.00 +\+1\.00 +flips$/m);
});

describe('bad input', () => {
  async function refusal(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await grpo(['rescore', ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    return stderr;
  }

  it('is refused with what to do', async () => {
    const { folder, run, reward } = await recordedRun();
    expect(await refusal(folder)).toMatch(/There is no run in /);
    expect(await refusal(run, '--steps', '7-9')).toMatch(/recorded steps from 1 to 2, but not steps 7 to 9/);
    expect(await refusal(run, '--steps', '9-7')).toMatch(/such as 10-20, not "9-7"/);
    writeFileSync(reward, 'export const broken = (');
    expect(await refusal(run)).toMatch(/score\.reward\.ts:1:\d+: /);
    rmSync(join(run, 'rollouts'), { recursive: true });
    expect(await refusal(run)).toMatch(/no recorded completions/);
  });
});
