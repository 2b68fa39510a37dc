import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { grpoJson, temporaryFolder } from './cli/run-grpo.ts';

const workspace = 'sample-workspace';

interface InstructRow {
  prompt: { content: string }[];
  words: [number, number];
  tag: string;
  about: string[];
}

describe.each([
  { name: 'sort', maximum: 7 },
  { name: 'arithmetic', maximum: 2.8 },
])('the $name sample', ({ name, maximum }) => {
  const config = `${workspace}/${name}.grpo.json`;

  test('learns: from below half of the held-out reward to above 0.9 of it', async () => {
    const run = join(temporaryFolder(), 'run');
    const events = await grpoJson<{ type: string; step: number; reward: number }>(
      ...['train', config, '--set', 'maxSteps=60', '--out', run],
    );
    expect(events.at(-1)).toMatchObject({ type: 'end', outcome: 'done', step: 60 });
    const [before, after] = events.filter(({ type }) => type === 'eval');
    expect([before!.step, after!.step]).toEqual([0, 60]);
    expect(before!.reward).toBeLessThan(maximum / 2);
    expect(after!.reward).toBeGreaterThan(0.9 * maximum);
  });

  test('its samples score as they expect', async () => {
    const samples = `${workspace}/samples/${name}.samples.jsonl`;
    // The command fails where an expectation is not met.
    const rows = await grpoJson('score', `${workspace}/rewards/${name}.reward.ts`, '--samples', samples);
    expect(rows.length).toBeGreaterThan(5);
  });
});

describe('the recipe of DeepSeek-R1', () => {
  /** Held-out means by step, of a run with these overrides. */
  async function measured(...set: string[]): Promise<Map<number, Record<string, number>>> {
    const run = join(temporaryFolder(), 'run');
    const overrides = set.flatMap((each) => ['--set', each]);
    const events = await grpoJson<{ type: string; step: number; rewards: Record<string, number> }>(
      ...['train', `${workspace}/r1.grpo.json`, '--out', run, ...overrides],
    );
    expect(events.at(-1)).toMatchObject({ type: 'end', outcome: 'done' });
    return new Map(events.flatMap(({ type, step, rewards }) => (type === 'eval' ? [[step, rewards]] : [])));
  }

  test('keeps language and tags, which rewards for right answers alone lose', { timeout: 600_000 }, async () => {
    const only = '{"kind":"grpo","maxSteps":60,"rewards":["rewards/r1.reward.ts#correct"]}';
    const alone = (await measured(`stages=[${only}]`)).get(60)!;
    expect(alone.correct).toBeGreaterThan(0.9);
    expect(alone.format).toBeLessThan(0.4);
    expect(alone.language).toBeLessThan(0.7);

    // Fewer steps than the sample has.
    const shorter = ['stages.1.maxSteps=30', 'stages.4.maxSteps=10'];
    const staged = [...(await measured(...shorter))];
    const [base, coldStart, reasoning, tuned, general, student] = staged.map(([, rewards]) => rewards);
    expect(staged).toHaveLength(6);
    for (const name of ['correct', 'format', 'language']) {
      expect(coldStart![name], name).toBeGreaterThan(base![name]! + 0.1);
      for (const after of [tuned, general, student]) expect(after![name], name).toBeGreaterThan(0.85);
    }
    expect(reasoning!.language).toBeGreaterThan(0.9);
    expect(general!.translation).toBeGreaterThan(base!.translation! + 0.15);
  });
});

const pythonMissing = spawnSync('python3', ['--version']).status !== 0;
test.skipIf(pythonMissing)(
  'the arithmetic rewards in Python score as those in TypeScript (needs python3)',
  async () => {
    const scores = async (file: string) => {
      const samples = `${workspace}/samples/arithmetic.samples.jsonl`;
      const rows = await grpoJson<{ rewards?: object }>('score', `${workspace}/rewards/${file}`, '--samples', samples);
      return rows.map(({ rewards }) => rewards);
    };
    expect(await scores('arithmetic.py')).toEqual(await scores('arithmetic.reward.ts'));
  },
);

test.skipIf(pythonMissing)('the samples of every helper score as they expect (needs python3)', async () => {
  const samples = `${workspace}/samples/library.samples.jsonl`;
  const rows = await grpoJson<{ mismatches: object[] | number }>(
    'score',
    `${workspace}/rewards/library.reward.ts`,
    '--samples',
    samples,
  );
  expect(rows.at(-1)!.mismatches).toBe(0);
  expect(rows.length).toBeGreaterThan(30);
});

test.each([
  { name: 'instruct', rows: 10 }, // without its model
  { name: 'r1', rows: 7 },
])('the samples of $name score as they expect', async ({ name, rows: least }) => {
  const samples = `${workspace}/samples/${name}.samples.jsonl`;
  const rows = await grpoJson<{ mismatches: object[] | number }>(
    ...['score', `${workspace}/${name}.grpo.json`, '--samples', samples],
  );
  expect(rows.at(-1)!.mismatches).toBe(0);
  expect(rows.length).toBeGreaterThan(least);
});

test('the prompts of the instruction state what its rewards check, and those held out are others', () => {
  const read = (name: string) =>
    readFileSync(`${workspace}/data/instruct.${name}.jsonl`, 'utf8')
      .trim()
      .split('\n')
      .map((line): InstructRow => JSON.parse(line));
  const [train, held] = [read('train'), read('eval')];
  for (const { prompt, words, tag, about } of [...train, ...held]) {
    expect(prompt[0]!.content).toContain(`in ${words[0]} to ${words[1]} words and end with ${tag}`);
    expect(about.length).toBeGreaterThan(0);
  }
  const questions = [...train, ...held].map(({ prompt }) => prompt[1]!.content);
  expect(new Set(questions).size).toBe(questions.length);
  expect(held.length).toBeGreaterThan(30);
});

test('the reward files of the sample are well typed', () => {
  const folder = temporaryFolder();
  const here = process.cwd();
  const include = [
    ...['rewards', 'lecture', 'remedies'].map((name) => join(here, workspace, name)),
    join(here, 'dist/grpo-rewards.d.ts'),
  ];
  const project = join(folder, 'tsconfig.json');
  writeFileSync(project, JSON.stringify({ extends: join(here, workspace, 'tsconfig.json'), include }));
  const compiler = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], {
    encoding: 'utf8',
  });
  expect(compiler.stdout).toBe('');
  expect(compiler.status).toBe(0);
});
