/** What `grpo train` refuses: status 2 and one sentence, before there is a run folder. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventsOf, metricsOf, runGrpo, runInfoOf, startGrpo, tinyWorkspace } from './workspace.ts';

/** What stderr says to a run that is refused; nothing may have been written. */
async function refusal(folder: string, ...args: string[]): Promise<string> {
  const before = readdirSync(folder);
  const { status, stdout, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'), ...args);
  expect({ status, stdout }, stderr).toEqual({ status: 2, stdout: '' });
  expect(readdirSync(folder)).toEqual(before);
  expect(stderr.trimEnd().split('\n'), stderr).toHaveLength(1);
  return stderr.trimEnd();
}

const LONG = Array.from({ length: 300 }, (_, n) => n % 10).join(' ');
const row = JSON.stringify({ prompt: 'a' });

test('with --json the last event says the same as data', async () => {
  const folder = tinyWorkspace({ beta: 'much' });
  const file = join(folder, 'run.grpo.json');
  const { status, stdout, stderr } = await runGrpo('train', file, '--json');
  expect(status).toBe(2);
  const [end, ...others] = eventsOf(stdout);
  expect(others).toEqual([]);
  expect(end).toMatchObject({
    ...{ type: 'end', outcome: 'failed', step: 0, checkpoint: null, error: stderr.trimEnd() },
    problem: { kind: 'config-field', place: { file, line: 1, path: ['beta'] } },
  });
});

describe('a run is refused', () => {
  type Refused = [what: string, config: object, files: Record<string, string>, sentence: RegExp];
  const refused: Refused[] = [
    [
      'an unknown field',
      { numGeneration: 4 },
      {},
      /run\.grpo\.json:1:\d+: Unknown field "numGeneration".*"numGenerations"/,
    ],
    ['a wrong type', { beta: 'much' }, {}, /run\.grpo\.json:1:\d+: "beta" must be a number, not "much"/],
    ['a group of one', { numGenerations: 1 }, {}, /run\.grpo\.json:1:\d+: "numGenerations" must be at least 2, not 1/],
    ['a config that is no JSON', {}, { 'run.grpo.json': '{\n  "model": \n}' }, /run\.grpo\.json:3:1: .*JSON/],
    ['no model', { model: 'nowhere' }, {}, /run\.grpo\.json:1:\d+: "model" names nowhere, which does not exist/],
    ['no dataset', { dataset: 'nowhere.jsonl' }, {}, /run\.grpo\.json:1:\d+: "dataset" names nowhere\.jsonl/],
    ['no reward file', { rewards: ['nowhere.ts'] }, {}, /run\.grpo\.json:1:\d+: "rewards\.0" names nowhere\.ts/],
    ['no rewards', { rewards: [] }, {}, /run\.grpo\.json:1:\d+: "rewards" is empty/],
    ['an empty dataset', {}, { 'prompts.jsonl': '\n' }, /prompts\.jsonl: .*no rows/],
    ['a row that is no JSON', {}, { 'prompts.jsonl': `${row}\n{"prompt": \n` }, /prompts\.jsonl:2:\d+: .*JSON/],
    ['a row without a prompt', {}, { 'prompts.jsonl': `${row}\n{}\n` }, /prompts\.jsonl:2: .*"prompt"/],
    [
      'a prompt beyond the context',
      {},
      { 'prompts.jsonl': `${row}\n${JSON.stringify({ prompt: LONG })}\n` },
      /prompts\.jsonl:2: .* tokens.*context of \d+/,
    ],
    [
      'a reward that does not compile',
      {},
      { 'letters.reward.ts': 'export const a = 1;\nexport const letters = (;\n' },
      /letters\.reward\.ts:2:25: /,
    ],
    [
      'a reward that throws as it loads',
      {},
      { 'letters.reward.ts': 'export const letters = () => 1;\nthrow new Error("no key");\n' },
      /letters\.reward\.ts:2:\d+: .*no key/,
    ],
    [
      'a reward that is not exported',
      { rewards: ['letters.reward.ts#leters'] },
      {},
      /run\.grpo\.json:1:\d+: letters\.reward\.ts has no reward function "leters": it has letters\..*"letters"/,
    ],
    [
      'a config nested without end',
      {},
      { 'run.grpo.json': '['.repeat(1e5) },
      /run\.grpo\.json:1:201: .*nested more than 200/,
    ],
    [
      'a column nested without end',
      {},
      { 'prompts.jsonl': `${row}\n{"prompt": "a", "x": ${'['.repeat(1e5)}` },
      /prompts\.jsonl:2:\d+: .*nested more than 200/,
    ],
    ['a dataset that is CSV', {}, { 'prompts.jsonl': 'prompt,n\na,1\n' }, /prompts\.jsonl:1: .*looks like CSV/],
    [
      'half a character',
      {},
      { 'prompts.jsonl': `${row}\n{"prompt": "\\ud83d"}\n` },
      /prompts\.jsonl:2: .*half of a surrogate pair/,
    ],
    [
      'a step that no memory could hold',
      { promptsPerStep: 1e9 },
      {},
      /run\.grpo\.json:1:\d+: "promptsPerStep" is too large: .*4000000000 completions, and a step can have at most 65536/,
    ],
    [
      'a prompt of ten megabytes',
      {},
      { 'prompts.jsonl': `${JSON.stringify({ prompt: '9 '.repeat(5e6) })}\n` },
      /prompts\.jsonl:1: A text of 10000000 characters, .* beyond the model's context of 256/,
    ],
    ['parts that are not equal', { gradientAccumulationSteps: 3 }, {}, /"gradientAccumulationSteps" must divide the 8/],
    ['a device that is not there', { device: 'rocm' }, {}, /run\.grpo\.json:1:\d+: .*"rocm"/],
  ];
  test.for(refused)('%s', async ([, config, files, sentence]) => {
    expect(await refusal(tinyWorkspace(config, files))).toMatch(sentence);
  });

  test('with recorded completions that do not fit', async () => {
    const recorded = { step: 1, group: 0, prompt: 'a', completion_ids: [5, 6], rewards: { letters: 1 } };
    const rows = (...changes: object[]) => changes.map((change) => ({ ...recorded, ...change }));
    const files: [object[], RegExp][] = [
      [rows({}, {}, {}), /rollouts\.jsonl:1: .*3 completions, but numGenerations is 2/],
      [
        rows({}, { completion_ids: [5, 100_000] }),
        /rollouts\.jsonl:2: Token id 100000 is beyond the model's \d+ tokens/,
      ],
      [rows({}, { completion_ids: Array(600).fill(5) }), /rollouts\.jsonl:2: .*beyond the model's context/],
      [rows({}, {}), /rollouts\.jsonl: The file has rollouts for 1 of the 3 steps; set maxSteps to 1 at most/],
    ];
    const folder = tinyWorkspace({ numGenerations: 2 });
    for (const [content, sentence] of files) {
      writeFileSync(join(folder, 'rollouts.jsonl'), content.map((line) => `${JSON.stringify(line)}\n`).join(''));
      const steps = sentence.source.includes('maxSteps') ? [] : ['--set', 'maxSteps=1'];
      expect(await refusal(folder, '--rollouts', join(folder, 'rollouts.jsonl'), ...steps)).toMatch(sentence);
    }
  });

  test('where there is nothing to resume', async () => {
    expect(await refusal(tinyWorkspace(), '--resume')).toMatch(/^There is no run of run\.grpo\.json to resume/);
  });
});

test.skipIf(process.platform === 'win32')('a pipe is no config, and no rollouts', async () => {
  const folder = tinyWorkspace();
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(await refusal(folder, '--rollouts', pipe)).toMatch(/rollouts file \S+pipe is a pipe, not a file/);
  // As `grpo train <(...)` does.
  const { status, stderr } = await startGrpo(['train', '/dev/fd/0'], ['sh', '-c', 'echo {} | "$@"', 'sh']).finished;
  expect(stderr).toBe(
    'The run config /dev/fd/0 is a pipe, not a file; write what it should read into a file, and name that.\n',
  );
  expect(status).toBe(2);
});

test.skipIf(process.platform === 'win32')(
  'a dataset beyond the heap of Node.js: status 1 and one sentence',
  async () => {
    const folder = tinyWorkspace({}, { 'prompts.jsonl': `${row}\n`.repeat(400_000) });
    const small = ['env', 'NODE_OPTIONS=--max-old-space-size=32'];
    const { status, stderr } = await startGrpo(['train', join(folder, 'run.grpo.json')], small).finished;
    expect(stderr).toMatch(
      /^The dataset .* need more memory than Node\.js allows; .*--max-old-space-size=MEGABYTES\.\n$/,
    );
    expect(status).toBe(1);
  },
);

const isRoot = process.getuid?.() === 0;

test.skipIf(isRoot)('a run folder that cannot be made: status 1, nothing written', async () => {
  const folder = tinyWorkspace();
  chmodSync(folder, 0o500);
  const { status, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'));
  chmodSync(folder, 0o700);
  expect(status).toBe(1);
  expect(stderr).toMatch(/cannot be written: permission is denied\. Choose another run folder with --out\.\n$/);
  expect(existsSync(join(folder, '.grpo'))).toBe(false);
});

test('a run folder below a file: status 1, nothing written', async () => {
  const folder = tinyWorkspace();
  const before = readdirSync(folder);
  const config = join(folder, 'run.grpo.json');
  const { status, stderr } = await runGrpo('train', config, '--out', join(folder, 'prompts.jsonl/run'));
  expect(status).toBe(1);
  expect(stderr).toMatch(/^\S+prompts\.jsonl\/run cannot be written: .* Choose another run folder with --out\.$/m);
  expect(readdirSync(folder)).toEqual(before);
});

test.skipIf(!existsSync('/proc/version'))('a run folder where none can be made: status 1', async () => {
  const folder = tinyWorkspace();
  const { status, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'), '--out', '/proc/grpo');
  expect(status).toBe(1);
  expect(stderr).toBe(
    '/proc/grpo cannot be written: no folder can be made there. Choose another run folder with --out.\n',
  );
});

test.skipIf(!existsSync('/proc/version'))('a merged model where none can be made: status 1', async () => {
  const folder = tinyWorkspace({ lora: {}, maxSteps: 1 });
  const run = join(folder, 'run');
  expect((await runGrpo('train', join(folder, 'run.grpo.json'), '--out', run)).status).toBe(0);
  const { status, stderr } = await runGrpo('export', join(run, 'checkpoints/step-000001'), '--to', '/proc/grpo');
  expect(status).toBe(1);
  expect(stderr).toBe('/proc/grpo cannot be written: no folder can be made there. Choose another folder with --to.\n');
});

// A limit on the size of files fails a write half-way, as a full disk does.
test.skipIf(process.platform === 'win32')('a write that fails: status 1, nothing half-written', async () => {
  const folder = tinyWorkspace({ saveSteps: 2 });
  const run = join(folder, 'run');
  const limited = ['-c', 'ulimit -f 64; exec "$@"', 'sh'];
  const train = ['train', join(folder, 'run.grpo.json'), '--out', run];
  const { status, stderr } = await startGrpo(train, ['sh', ...limited]).finished;
  expect(status, stderr).toBe(1);
  expect(stderr).toMatch(/checkpoints\/step-000002 could not be written \(.*\)\.$/m);
  // Once.
  expect(stderr.split('could not be written')).toHaveLength(2);
  expect(readdirSync(join(run, 'checkpoints'))).toEqual([]);
  expect(metricsOf(run)).toHaveLength(2);
  expect(runInfoOf(run)).toMatchObject({ state: 'failed', step: 2, reason: expect.stringContaining('step-000002') });
  // With room again, the run goes on (here from its start: there was no checkpoint).
  expect((await runGrpo('train', join(folder, 'run.grpo.json'), '--out', run, '--resume')).status).toBe(0);
  expect(metricsOf(run)).toHaveLength(3);
});
