import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { grpo, jsonLines, temporaryFolder } from './run-grpo.ts';

const SORT = `import type { RewardInput } from 'grpo/rewards';
export function inclusion({ completion, digits }: RewardInput<{ digits: number[] }>) {
  if (completion.includes('!')) throw new Error('no shouting');
  return digits.filter((digit) => completion.includes(String(digit))).length;
}
export function ordering({ completion }: RewardInput) {
  const digits = [...completion.matchAll(/\\d/g)].map(Number);
  if (digits.length === 0) return null;
  return { score: digits.slice(1).filter((digit, i) => digit >= digits[i]!).length, reason: 'pairs in order' };
}
`;
const LENGTH = `def length(prompts, completions, digits, **kwargs):
    return [float(len(completion)) for completion in completions]
`;

const digits = [3, 1, 0, 2];
/** Two groups, mixed, and a sample alone. Rewards of the first: 4 + 3, 1 + 2, and a failure of inclusion with no digit to order. */
const SAMPLES = [
  { prompt: '3 1 0 2', digits, completion: '0 1 2 3' },
  { prompt: '5 4', digits: [5, 4], completion: '4 5' },
  { prompt: '3 1 0 2', digits, completion: '7 2 2 5' },
  { prompt: '5 4', digits: [5, 4], completion: '45' },
  { prompt: '3 1 0 2', digits, completion: 'no!' },
  { prompt: '9', digits: [9], completion: '9' },
  { prompt: '3 1 0 2', digits, completion: '1 0' },
];

function workspace(samples: object[] = SAMPLES): { sort: string; python: string; samples: string } {
  const folder = temporaryFolder();
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  return {
    sort: write('sort.reward.ts', SORT),
    python: write('length.py', LENGTH),
    samples: write('sort.samples.jsonl', samples.map((row) => `${JSON.stringify(row)}\n`).join('')),
  };
}

interface Row {
  type: 'row';
  line: number;
  group: number;
  rewards: Record<string, number | null>;
  reward: number | null;
  advantage: number;
  outcomes: Record<string, { kind: string; reason?: string; file?: string; line?: number; message?: string }>;
  mismatches: object[];
}
interface Summary {
  type: 'summary';
  functions: { name: string; mean: number; std: number; abstained: number; failed: number }[];
  groups: { prompt: string; size: number; signal: string }[];
}

async function scoreJson(...args: string[]) {
  const { status, stdout, stderr } = await grpo(['score', ...args, '--json']);
  const lines = jsonLines<Row | Summary>(stdout);
  const summary = lines.pop() as Summary;
  return { status, stderr, rows: lines as Row[], summary };
}

describe('score --python', () => {
  it('is for rewards without a config, and for a config that sets none', async () => {
    const { python, samples } = workspace();
    const config = join(temporaryFolder(), 'a.grpo.json');
    const write = (more: object) =>
      writeFileSync(
        config,
        JSON.stringify({ model: 'model', dataset: 'data.jsonl', rewards: [python], samples, ...more }),
      );
    const said = async (target: string) =>
      (await grpo(['score', target, '--samples', samples, '--python', '/given'])).stderr;
    expect(await said(python)).toContain('/given cannot be run');
    write({});
    expect(await said(config)).toContain('/given cannot be run');
    write({ python: '/set' });
    expect(await said(config)).toContain('/set cannot be run');
  });
});

describe('score --json', () => {
  it('gives rewards and advantages of every sample, compared within its prompt', async () => {
    const { sort, samples } = workspace();
    const { status, stderr, rows, summary } = await scoreJson(sort, '--samples', samples);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(rows.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(rows.map(({ group }) => group)).toEqual([0, 1, 0, 1, 0, 2, 0]);
    expect(rows.map(({ reward }) => reward)).toEqual([7, 3, 3, 3, null, 1, 2]);
    expect(rows[4]!.rewards).toEqual({ inclusion: null, ordering: null });
    // Rewards 7, 3, 2: mean 4, standard deviation √7; the row without a reward takes no part.
    const scale = Math.sqrt(7) + 1e-4;
    const wanted = [3 / scale, 0, -1 / scale, 0, 0, 0, -2 / scale];
    for (const [index, { advantage }] of rows.entries()) expect(advantage).toBeCloseTo(wanted[index]!, 10);

    expect(summary.groups).toMatchObject([
      { prompt: '3 1 0 2', size: 4, signal: 'signal' },
      { prompt: '5 4', size: 2, signal: 'equal' },
      { prompt: '9', size: 1, signal: 'abstained' },
    ]);
    expect(summary.functions).toMatchObject([
      { name: 'inclusion', abstained: 0, failed: 1, mean: (4 + 2 + 1 + 2 + 1 + 2) / 6 },
      { name: 'ordering', abstained: 1, failed: 0, mean: (3 + 1 + 2 + 1 + 0 + 0) / 6 },
    ]);
  });

  it('shows reasons, and failures with their place', async () => {
    const { sort, samples } = workspace();
    const { rows } = await scoreJson(sort, '--samples', samples);
    expect(rows[0]!.outcomes.ordering).toMatchObject({ kind: 'score', reason: 'pairs in order' });
    expect(rows[4]!.outcomes.ordering).toEqual({ kind: 'abstain' });
    const failure = { kind: 'failure', failure: 'throw', file: sort, line: 3 };
    expect(rows[4]!.outcomes.inclusion).toMatchObject(failure);
    expect(rows[4]!.outcomes.inclusion!.message).toContain('no shouting');
  });

  it('calls only the functions that are named', async () => {
    const { sort, samples } = workspace();
    const { rows } = await scoreJson(`${sort}#ordering`, '--samples', samples);
    expect(rows[0]!.rewards).toEqual({ ordering: 3 });
  });

  it('gives rewards the environment variables that --env names, and says which are not set', async () => {
    const file = join(temporaryFolder(), 'key.reward.js');
    writeFileSync(file, 'export const key = () => Number(process.env.JUDGE_KEY ?? 0);\n');
    const { samples } = workspace();
    const env = { ...process.env, JUDGE_KEY: '7' };
    const scored = async (...options: string[]) => {
      const { stdout, stderr } = await grpo(['score', file, '--samples', samples, '--json', ...options], { env });
      return { reward: jsonLines<Row>(stdout)[0]!.reward, stderr };
    };
    expect(await scored()).toEqual({ reward: 0, stderr: '' });
    expect(await scored('--env', 'JUDGE_KEY', '--env', 'NO_KEY')).toEqual({
      reward: 7,
      stderr: expect.stringMatching(/^warning: The environment variable NO_KEY, .* is not set\.\n$/),
    });
  });

  it.skipIf(spawnSync('python3', ['--version']).status !== 0)('takes TypeScript and Python together', async () => {
    const { sort, python, samples } = workspace();
    const { rows } = await scoreJson(`${sort}#ordering`, python, '--samples', samples);
    expect(rows[0]!.rewards).toEqual({ ordering: 3, length: 7 });
    expect(rows[0]!.reward).toBe(10);
  });
});

describe('expectations', () => {
  const expecting = (expect: object) => workspace([{ ...SAMPLES[0], expect }, SAMPLES[2]!]);

  it('that are met leave status 0', async () => {
    const { sort, samples } = expecting({ ordering: 3, inclusion: [3, 4], total: [6, 7] });
    const { status, rows } = await scoreJson(sort, '--samples', samples);
    expect({ status, mismatches: rows[0]!.mismatches }).toEqual({ status: 0, mismatches: [] });
  });

  it('that are not met are named, with status 1', async () => {
    const { sort, samples } = expecting({ ordering: 2, inclusion: [3, 4], total: [1, 6] });
    const { status, rows } = await scoreJson(sort, '--samples', samples);
    expect(status).toBe(1);
    expect(rows[0]!.mismatches).toEqual([
      { name: 'ordering', expected: 2, actual: 3 },
      { name: 'total', expected: [1, 6], actual: 7 },
    ]);
    const readable = await grpo(['score', sort, '--samples', samples]);
    expect(readable.stdout).toContain('line 1: expected ordering 2, got 3');
    expect(readable.stdout).toContain('line 1: expected total 1 to 6, got 7');
  });

  it('of functions that are not called are left alone', async () => {
    const { sort, samples } = expecting({ ordering: 3, inclusion: 0, total: 0 });
    const { status } = await scoreJson(`${sort}#ordering`, '--samples', samples);
    expect(status).toBe(0);
  });
});

describe('--check', () => {
  const good = { ...SAMPLES[0], expect: { ordering: 3 } };

  it('says nothing but that all is met', async () => {
    const { sort, samples } = workspace([good, SAMPLES[2]!]);
    const { status, stdout, stderr } = await grpo(['score', sort, '--samples', samples, '--check']);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '1 expectation checked, all met\n', stderr: '' });
  });

  it('names what fails and what is not met by file and line, with status 1', async () => {
    const { sort, samples } = workspace([good, { ...SAMPLES[4]!, expect: { total: 1 } }, SAMPLES[2]!]);
    const { status, stdout } = await grpo(['score', sort, '--samples', samples, '--check']);
    expect(status).toBe(1);
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(
        /sort\.samples\.jsonl:2: inclusion failed \(throw\): .*sort\.reward\.ts:3:\d+: .*no shouting$/,
      ),
      expect.stringMatching(/sort\.samples\.jsonl:2: expected total 1, got no score$/),
      '2 expectations checked, 2 faults',
    ]);
  });

  it('is bad input when there is nothing to check', async () => {
    const { sort, samples } = workspace();
    const { status, stdout, stderr } = await grpo(['score', sort, '--samples', samples, '--check']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/sort\.samples\.jsonl: Nothing to check: .*inclusion, ordering, total/);
  });
});

describe('a run config', () => {
  /** A folder with the reward, the samples at this place, and a config whose model and dataset are not there. */
  function configured(place: string, fields: object = {}): string {
    const { sort } = workspace();
    const folder = dirname(sort);
    const samples = [
      { ...SAMPLES[0], expect: { total: 15 } },
      { ...SAMPLES[2], expect: { total: [5, 6] } },
    ];
    mkdirSync(dirname(join(folder, place)), { recursive: true });
    writeFileSync(join(folder, place), samples.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const rewards = [
      { file: 'sort.reward.ts', function: 'inclusion', weight: 3 },
      { file: 'sort.reward.ts', function: 'ordering' },
    ];
    const config = { model: 'nowhere', dataset: 'nowhere.jsonl', rewards, ...fields };
    writeFileSync(join(folder, 'run.grpo.json'), JSON.stringify(config));
    return join(folder, 'run.grpo.json');
  }

  it('gives rewards, weights, scaling and samples', async () => {
    const config = configured('mine.jsonl', { samples: 'mine.jsonl', scaleRewards: 'none' });
    const { status, rows } = await scoreJson(config);
    expect(status).toBe(0);
    expect(rows.map(({ reward, advantage, mismatches }) => [reward, advantage, mismatches.length])).toEqual([
      [15, 5, 0],
      [5, -5, 0],
    ]);
  });

  it.each(['samples/run.samples.jsonl', 'run.samples.jsonl', 'samples/sort.samples.jsonl'])(
    'finds %s by its name',
    async (place) => {
      // A sample of the same name as the reward is there as well, last in line.
      const { status, stdout } = await grpo(['score', configured(place), '--check']);
      expect({ status, stdout }).toEqual({ status: 0, stdout: '2 expectations checked, all met\n' });
    },
  );

  it('is refused at its line when its samples are not there, and beside reward files', async () => {
    const config = configured('mine.jsonl', { samples: 'nowhere.jsonl' });
    const missing = await grpo(['score', config]);
    expect([missing.status, missing.stderr]).toEqual([
      2,
      expect.stringMatching(/run\.grpo\.json:1:\d+: .*nowhere\.jsonl does not exist/),
    ]);
    const both = await grpo(['score', config, 'sort.reward.ts']);
    expect([both.status, both.stderr]).toEqual([2, expect.stringContaining('score it alone')]);
  });
});

it('prints a table per group and a summary', async () => {
  const { sort, samples } = workspace();
  const { status, stdout, stderr } = await grpo(['score', sort, '--samples', samples]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^Group 1: 3 1 0 2\n {2}line +completion +inclusion +ordering +total +advantage\n/);
  expect(stdout).toMatch(/ 1 +0 1 2 3 +4 +3 +7 +\+1\.13\n/);
  expect(stdout).toMatch(/ 5 +no! +failed +abstained +- +0\.00\n/);
  expect(stdout).toMatch(/line 5: inclusion failed \(throw\): .*sort\.reward\.ts:3:\d+: .*no shouting/);
  expect(stdout).toContain('no signal: every completion got the same reward');
  expect(stdout).toContain('no signal: a single completion has nothing to compare with');
  expect(stdout).toContain('Groups with a signal: 1 of 3 (not 2, 3)\n');
});

describe('bad input', () => {
  async function refusal(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await grpo(['score', ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    return stderr;
  }

  it('is refused with a place and a hint', async () => {
    const { sort, samples } = workspace();
    expect(await refusal(`${sort}#orderin`, '--samples', samples)).toMatch(
      /inclusion, ordering.*Did you mean "ordering"/,
    );
    expect(await refusal('nowhere.reward.ts', '--samples', samples)).toMatch(/nowhere\.reward\.ts/);
    expect(await refusal(sort, '--samples', 'nowhere.jsonl')).toMatch(/nowhere\.jsonl does not exist/);
    writeFileSync(sort, 'export const broken = (');
    expect(await refusal(sort, '--samples', samples)).toMatch(/sort\.reward\.ts:1:\d+: /);
    writeFileSync(samples, '{"prompt":"a","completion":"b"}\n{"prompt":"a"}\n');
    expect(await refusal(sort, '--samples', samples)).toMatch(/sort\.samples\.jsonl:2: .*"completion"/);
  });
});

describe.skipIf(spawnSync('python3', ['--version']).status !== 0)('the interpreter of a config', () => {
  it('is found from its folder, wherever the command runs', async () => {
    const { python } = workspace();
    const folder = dirname(python);
    const wrapper = join(folder, 'tools', 'python');
    mkdirSync(dirname(wrapper), { recursive: true });
    writeFileSync(wrapper, '#!/bin/sh\nMARK=wrapped exec python3 "$@"\n', { mode: 0o755 });
    writeFileSync(
      join(folder, 'mark.py'),
      'import os\ndef mark(completions, **kwargs): return [1.0] * len(completions)\nprint(os.__file__ and "loaded")\n',
    );
    const config = join(folder, 'mark.grpo.json');
    const text = { model: 'model', dataset: 'data.jsonl', rewards: ['mark.py'], samples: 'none.jsonl' };
    writeFileSync(config, JSON.stringify({ ...text, python: 'tools/python' }));
    const samples = join(folder, 'one.jsonl');
    writeFileSync(samples, '{"prompt":"p","completion":"c"}\n');
    const found = await grpo(['score', config, '--samples', samples], { cwd: '/' });
    expect(found).toMatchObject({ status: 0, stderr: expect.stringContaining('loaded') });
    writeFileSync(config, JSON.stringify({ ...text, python: 'tools/none' }));
    const missing = await grpo(['score', config, '--samples', samples], { cwd: '/' });
    expect(missing.stderr).toContain(`The Python interpreter ${join(folder, 'tools/none')} cannot be run`);
  });
});
