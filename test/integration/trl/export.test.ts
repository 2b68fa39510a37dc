/** `grpo export trl`: the folder, and that the real TRL trains it, alone and with a second process. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import { readMetrics } from '../../../src/run-folder/metrics.ts';
import { readRollouts } from '../../../src/run-folder/rollouts.ts';
import { readRunInfo } from '../../../src/run-folder/run-info.ts';
import { grpo } from '../cli/run-grpo.ts';
import { ROOT, recordedRun, runWarmPython, SAMPLES, temporaryFolder, trlMissing } from './python.ts';

const SORT = join(SAMPLES, 'sort.grpo.json');
const SMALL = [
  'promptsPerStep=4',
  'numGenerations=4',
  'maxSteps=2',
  'maxCompletionLength=8',
  'evalPrompts=3',
  'maxRows=40',
];

async function exported(config: string, ...set: string[]) {
  const to = join(temporaryFolder(), 'sort trl');
  const { status, stderr, stdout } = await grpo([
    ...['export', 'trl', config, '--out', to],
    ...set.flatMap((each) => ['--set', each]),
  ]);
  expect(status, stderr).toBe(0);
  expect(stdout.trim()).toBe(to);
  return { to, stderr };
}

const lines = (file: string) =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('what is written', () => {
  test('a folder that has all it needs', async () => {
    const { to, stderr } = await exported(SORT, ...SMALL);
    expect(stderr).toMatch(/^warning: "seed": [^\n]*\n$/);
    expect(readdirSync(to).sort()).toEqual(
      [
        ...['README.md', 'accelerate', 'data', 'grpo-lab.json', 'grpo_lab.py', 'grpo_lab_rewards.py', 'model'],
        ...['requirements.txt', 'rewards', 'slurm.sh', 'train.py', 'worker'],
      ].sort(),
    );
    expect(lines(join(to, 'data/train.jsonl'))).toHaveLength(40);
    expect(lines(join(to, 'data/eval.jsonl'))).toEqual(lines(join(SAMPLES, 'data/sort.eval.jsonl')).slice(0, 3));
    const script = readFileSync(join(to, 'train.py'), 'utf8');
    expect(script.split('\n').length).toBeLessThan(70);
    expect(script).not.toContain(ROOT);
  });

  test('conversations, templates over columns, Python rewards, and the beginning of an answer', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'helpers'));
    const rows = [
      { question: '17 + 25', answer: 42 },
      { question: 'What is 1 + 1?', answer: 2 },
    ];
    writeFileSync(join(folder, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    writeFileSync(join(folder, 'helpers/words.py'), 'def count(text):\n    return len(text.split())\n');
    writeFileSync(
      join(folder, 'be-brief.py'),
      'from helpers.words import count\n\ndef brief(prompts, completions, **kwargs):\n    return [-count(c[0]["content"]) for c in completions]\n',
    );
    const config = (prompt: object) => {
      const file = join(folder, 'chat.grpo.json');
      const model = join(ROOT, 'test/references/fixtures/models/qwen3');
      const rest = { dataset: 'rows.jsonl', rewards: ['be-brief.py'], maxCompletionLength: 8, lora: { r: 4 } };
      writeFileSync(file, JSON.stringify({ model, prompt, ...rest }));
      return file;
    };
    const asked = (question: string) => [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: `Q: ${question}` },
    ];
    const { to } = await exported(config({ system: 'Be brief.', user: 'Q: {{ question }}' }));
    expect(lines(join(to, 'data/train.jsonl'))).toEqual(rows.map((row) => ({ prompt: asked(row.question), ...row })));
    expect(readdirSync(join(to, 'rewards'), { recursive: true }).sort()).toEqual([
      'be_brief.py',
      'helpers',
      join('helpers', 'words.py'),
    ]);
    expect(existsSync(join(to, 'worker'))).toBe(false);
    const begun = await exported(config({ user: 'Q: {{ question }}', prefill: '<think>' }));
    const [row] = lines(join(begun.to, 'data/train.jsonl'));
    expect(row!.prompt).toMatch(/Q: 17 \+ 25.*<think>$/s);
  });

  test('nothing, where TRL cannot train the config', async () => {
    const to = join(temporaryFolder(), 'out');
    const set = ['--set', 'baseline=leave-one-out', '--set', 'dynamicSampling={}'];
    const { status, stderr } = await grpo(['export', 'trl', SORT, '--out', to, ...set]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/TRL cannot train this config\. "dynamicSampling": .*\. "baseline": .*\.\n$/);
    expect(existsSync(to)).toBe(false);
  });

  test('Python rewards that would lack a file there, or their package, are refused at the import', async () => {
    const folder = temporaryFolder();
    cpSync(SAMPLES, folder, { recursive: true });
    mkdirSync(join(folder, 'pack/of'), { recursive: true });
    for (const name of ['pack/__init__.py', 'pack/of/__init__.py', 'pack/of/beside.py', 'pack/above.py'])
      writeFileSync(join(folder, name), '');
    const reward = (text: string) => writeFileSync(join(folder, 'pack/of/score.py'), text);
    const body = 'def score(completions, **kwargs):\n    return [len(text) for text in completions]\n';
    const args = ['export', 'trl', join(folder, 'sort.grpo.json'), '--out', join(folder, 'out')];
    const set = ['--set', 'rewards=["pack/of/score.py#score"]'];
    reward(`import pack.above\n${body}`);
    expect((await grpo([...args, ...set])).stderr).toMatch(
      /above\.py: A reward function imports this file, which is not in/,
    );
    reward(`\nfrom .beside import *\n${body}`);
    expect((await grpo([...args, ...set])).stderr).toMatch(/score\.py:2(:1)?: A relative import needs the package/);
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });

  test('the callback alone', async () => {
    const folder = temporaryFolder();
    const { status, stdout } = await grpo(['export', 'trl', '--callback', '--out', folder]);
    expect([status, stdout]).toEqual([0, `${join(folder, 'grpo_lab.py')}\n`]);
    expect(readFileSync(join(folder, 'grpo_lab.py'), 'utf8')).toContain('class GRPOLabCallback');
    const again = await grpo(['export', 'trl', '--callback', '--out', folder]);
    expect([again.status, again.stderr]).toEqual([2, expect.stringContaining('this already exists')]);
    expect((await grpo(['export', 'trl'])).stderr).toContain('Give either a run config or --callback.');
  });
});

describe.skipIf(trlMissing)('TRL trains the folder', () => {
  test.each([
    ['in one process', ['train.py'], 'cpu'],
    ['in two', ['-m', 'torch.distributed.run', '--nproc-per-node', '2', 'train.py'], 'cpu × 2'],
  ])('%s', async (_, args, device) => {
    const { to } = await exported(SORT, ...SMALL);
    const { status, stderr } = await runWarmPython(args, to);
    expect(status, stderr.slice(-3000)).toBe(0);
    expect(existsSync(join(to, 'output/final/model.safetensors'))).toBe(true);

    const run = recordedRun(to);
    const info = readRunInfo(run);
    expect(info).toMatchObject({ name: 'sort', state: 'done', step: 2, device, configFile: SORT });
    expect(runConfigSchema.parse(info.config)).toEqual(info.config);
    expect(info.heldOut).toMatchObject({ first: { step: 0 }, last: { step: 2 } });
    expect(readMetrics(run).map((row) => row.step)).toEqual([0, 1, 2]);
    for (const step of [1, 2]) {
      const rows = readRollouts(run, step)!;
      expect(rows.map(({ group }) => group)).toEqual([0, 1, 2, 3].flatMap((group) => Array(4).fill(group)));
      for (const group of [0, 1, 2, 3]) {
        const own = rows.filter((row) => row.group === group);
        expect(new Set(own.map(({ prompt }) => prompt)).size).toBe(1);
        expect(own.reduce((sum, { advantage }) => sum + advantage, 0)).toBeCloseTo(0, 3);
      }
    }
    const evaluated = readFileSync(join(run, 'evaluations/step-000002.jsonl'), 'utf8').trim().split('\n');
    expect(evaluated).toHaveLength(3 * 4);

    // Our own worker says the same of what TRL scored by way of the host.
    const rescored = await grpo(['rescore', run, '--json']);
    const summary = JSON.parse(rescored.stdout.trim().split('\n').at(-1)!);
    expect(summary).toMatchObject({ steps: 2, completions: 32, changed: 0, failed: 0 });
  });
});
