/** What is exported is read by the programs that it is for. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { grpo } from '../cli/run-grpo.ts';
import { metricsOf, runGrpo, tinyConfig, tinyWorkspace, trainHere } from '../training/workspace.ts';

/** Set GRPO_TEST_PYTHON to an interpreter that has what test/references/requirements.txt says. */
const python = process.env.GRPO_TEST_PYTHON ?? 'python3';
const lacks = (...modules: string[]): boolean =>
  spawnSync(python, ['-c', modules.map((name) => `import ${name}`).join('\n')]).status !== 0;
const pandasMissing = lacks('pandas', 'datasets');
if (pandasMissing)
  console.log(
    `Skipped: ${python} lacks pandas or datasets, so no Parquet file was read with them (set GRPO_TEST_PYTHON).`,
  );
const tensorboardMissing = lacks('tensorboard');
if (tensorboardMissing)
  console.log(`Skipped: ${python} has no tensorboard, so no event file was read with it (set GRPO_TEST_PYTHON).`);
const trackioMissing = lacks('trackio');
if (trackioMissing) console.log(`Skipped: ${python} has no trackio, so no run was added to it (set GRPO_TEST_PYTHON).`);

function read<Answer>(script: string, ...args: string[]): Answer {
  const { status, stdout, stderr } = spawnSync(python, [join(import.meta.dirname, script), ...args], {
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as Answer;
}

const HELD_OUT = { evalDataset: 'prompts.jsonl', evalSteps: 2 };

test.skipIf(pandasMissing)('Parquet is what JSON Lines is, to pandas and datasets', async () => {
  const rows = `{"prompt":[{"role":"user","content":"3 1"}],"n":1,"tags":["a"],"more":{"x":1.0,"y":null}}
{"prompt":[{"role":"user","content":"2","name":"me"}],"n":9007199254740993,"tags":[],"more":{"x":2,"z":[{"deep":true}]}}
{"prompt":[{"role":"user","content":"\\u202e</script>"}],"n":null,"tags":["b","c"],"more":null}
`;
  const folder = tinyWorkspace(
    { ...HELD_OUT, rewards: ['letters.reward.ts', 'sometimes.reward.ts'] },
    {
      'prompts.jsonl': rows,
      'sometimes.reward.ts': `export function sometimes({ completion }: { completion: string }) {
  return completion.length % 2 === 0 ? null : { score: 0.5, reason: 'odd', extracted: completion };
}
`,
    },
  );
  const run = join(folder, 'run');
  await trainHere(join(folder, 'run.grpo.json'), { out: run });
  const [parquet, jsonl] = [join(folder, 'all.parquet'), join(folder, 'all.jsonl')];
  for (const file of [parquet, jsonl])
    expect(await grpo(['records', run, '--completions', file])).toMatchObject({ status: 0 });
  const { rows: count, types } = read<{ rows: number; types: Record<string, string> }>(
    'read_parquet.py',
    ...[parquet, jsonl, join(folder, 'cache')],
  );
  // Three steps of 8, and 12 held-out completions before the first and after two and three steps.
  expect(count).toBe(3 * 8 + 3 * 12);
  expect(types).toMatchObject({
    step: 'int32',
    prompt: expect.stringMatching(/^list<element: struct<role: string, content: string/),
    rewards: 'struct<letters: double, sometimes: double>',
    columns: expect.stringContaining('n: int64'),
    logprobs: 'list<element: double>',
  });
});

test.skipIf(tensorboardMissing)(
  'event files are what TensorBoard reads, over a resume and a rewind',
  { timeout: 300_000 },
  async () => {
    const folder = tinyWorkspace({ ...HELD_OUT, reportTo: ['tensorboard'], maxSteps: 5, saveSteps: 2 });
    const [config, run] = [join(folder, 'run.grpo.json'), join(folder, 'run')];
    await trainHere(config, { out: run });
    type Read = { scalars: Record<string, [number, number][]>; texts: Record<string, string> };
    const events = () => read<Read>('read_events.py', join(run, 'tensorboard'));
    const recorded = (key: string) =>
      metricsOf(run).flatMap((row) => (typeof row[key] === 'number' ? [[row.step, Math.fround(row[key])]] : []));
    const isAsRecorded = ({ scalars }: Read) => {
      expect(scalars['train/reward']).toEqual(recorded('reward'));
      expect(scalars['train/rewards/letters/mean']).toEqual(recorded('rewards/letters/mean'));
      expect(scalars['eval/reward']).toEqual(recorded('eval_reward'));
    };
    isAsRecorded(events());
    expect(JSON.parse(events().texts['args/text_summary']!)).toMatchObject({ maxSteps: 5 });

    // Back to step 2, and then to fewer steps than before.
    const checkpoints = join(run, 'checkpoints');
    for (const step of ['step-000004', 'step-000005']) rmSync(join(checkpoints, step), { recursive: true });
    const more = ['--resume', '--set', 'maxSteps=4', '--with-changes'];
    expect((await runGrpo('train', config, '--out', run, ...more)).status).toBe(0);
    expect(metricsOf(run).at(-1)!.step).toBe(4);
    isAsRecorded(events());

    const after = join(folder, 'after');
    expect(await grpo(['records', run, '--tensorboard', after])).toMatchObject({ status: 0 });
    expect(await grpo(['records', run, '--tensorboard', after])).toMatchObject({ status: 0 });
    isAsRecorded(read<Read>('read_events.py', join(after, 'run')));
  },
);

test.skipIf(trackioMissing)('trackio takes a run, while it trains and after', async () => {
  const folder = tinyWorkspace({ maxSteps: 2, reportTo: ['trackio'], python });
  const [config, run] = [join(folder, 'run.grpo.json'), join(folder, 'run')];
  Object.assign(process.env, { TRACKIO_DIR: join(folder, 'trackio'), HF_HUB_OFFLINE: '1' });
  onTestFinished(() => {
    delete process.env.TRACKIO_DIR;
    delete process.env.HF_HUB_OFFLINE;
  });
  expect(await runGrpo('train', config, '--out', run)).toMatchObject({ status: 0 });
  expect(await runGrpo('train', config, '--out', run, '--resume', '--set', 'maxSteps=3')).toMatchObject({ status: 0 });
  const more = ['--trackio', 'run', '--python', python, '--label', 'the "first"'];
  expect(await grpo(['records', run, ...more])).toMatchObject({ status: 0, stderr: '' });
  const kept = read<{ name: string; learningRate: number; rewards: [number, number][] }[]>('read_trackio.py', 'run');
  const rewards = metricsOf(run).map(({ step, reward }) => [step, reward]);
  const byName = new Map(kept.map(({ name, ...rest }) => [name, rest]));
  const learningRate = tinyConfig.learningRate;
  expect(byName).toEqual(
    new Map([
      ['run', { learningRate, rewards: rewards.slice(0, 2) }],
      ['run (from step 3)', { learningRate, rewards }],
      ['the "first"', { learningRate, rewards }],
    ]),
  );
});

test('without trackio there is a sentence', async () => {
  const folder = tinyWorkspace({ maxSteps: 1 });
  const run = join(folder, 'run');
  await trainHere(join(folder, 'run.grpo.json'), { out: run });
  const answer = await grpo(['records', run, '--trackio', 'letters', '--python', join(folder, 'no-python')]);
  expect(answer).toMatchObject({
    status: 2,
    stderr: `The Python interpreter ${join(folder, 'no-python')} cannot be run; name another one.\n`,
  });
});
