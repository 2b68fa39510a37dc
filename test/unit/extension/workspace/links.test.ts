/** Which run config, reward files and samples belong together. */
import { expect, test } from 'vitest';
import { readConfigLinks } from '../../../../src/extension/workspace/config-links.ts';
import { subjectsOf } from '../../../../src/extension/workspace/links.ts';

const config = (name: string, fields: object) =>
  readConfigLinks(`/work/${name}.grpo.json`, JSON.stringify({ model: 'm', dataset: 'd.jsonl', ...fields }))!;
const files =
  (...names: string[]) =>
  (file: string) =>
    names.some((name) => file === `/work/${name}`);

test('a config, its rewards and its samples are one subject', () => {
  const sort = config('sort', { rewards: ['rewards/sort.reward.ts#ordering', { file: 'rewards/more.py', weight: 2 }] });
  const exists = files('samples/sort.samples.jsonl');
  for (const name of ['sort.grpo.json', 'rewards/sort.reward.ts', 'rewards/more.py', 'samples/sort.samples.jsonl']) {
    const [subject, ...others] = subjectsOf(`/work/${name}`, [sort], exists);
    expect(others).toEqual([]);
    expect(subject).toMatchObject({
      id: '/work/sort.grpo.json',
      samples: '/work/samples/sort.samples.jsonl',
      dataset: '/work/d.jsonl',
      rewards: [
        { file: '/work/rewards/sort.reward.ts', function: 'ordering', weight: 1 },
        { file: '/work/rewards/more.py', weight: 2 },
      ],
    });
  }
});

test('samples that the config names come first, even before they are there', () => {
  const sort = config('sort', { rewards: ['sort.reward.ts'], samples: 'hard.samples.jsonl' });
  const [subject] = subjectsOf('/work/sort.reward.ts', [sort], files('sort.samples.jsonl'));
  expect(subject).toMatchObject({ samples: null, samplesPlace: '/work/hard.samples.jsonl' });
});

test('samples may have the name of the reward file instead of the config', () => {
  const run = config('run', { rewards: ['rewards/sort.reward.ts'] });
  const [subject] = subjectsOf('/work/run.grpo.json', [run], files('samples/sort.samples.jsonl'));
  expect(subject?.samples).toBe('/work/samples/sort.samples.jsonl');
});

test('of several configs the last used one counts, then the one of the same name', () => {
  const configs = ['long', 'sort', 'weighted'].map((name) => config(name, { rewards: ['sort.reward.ts'] }));
  const ids = (recent: string[]) =>
    subjectsOf('/work/sort.reward.ts', configs, files(), recent).map(({ id }) => id.slice(6, -10));
  expect(ids([])).toEqual(['sort', 'long', 'weighted']);
  expect(ids(['/work/weighted.grpo.json', '/work/long.grpo.json'])).toEqual(['weighted', 'long', 'sort']);
  // A config is always its own subject.
  expect(subjectsOf('/work/long.grpo.json', configs, files(), ['/work/sort.grpo.json'])[0]?.id).toBe(
    '/work/long.grpo.json',
  );
});

test('a reward file that no config names stands alone', () => {
  const exists = files('rewards/length.reward.ts', 'samples/length.samples.jsonl');
  const alone = { id: '/work/rewards/length.reward.ts', config: null, samples: '/work/samples/length.samples.jsonl' };
  expect(subjectsOf('/work/rewards/length.reward.ts', [], exists)).toMatchObject([alone]);
  expect(subjectsOf('/work/samples/length.samples.jsonl', [], exists)).toMatchObject([alone]);
  const without = subjectsOf('/work/rewards/new.reward.ts', [], exists);
  expect(without).toMatchObject([{ samples: null, samplesPlace: '/work/samples/new.samples.jsonl' }]);
});

test('a reward that no config names is tried on the samples of a config beside it, which stay the config’s', () => {
  const sort = config('sort', { rewards: ['rewards/sort.reward.ts'] });
  const exists = files('samples/sort.samples.jsonl', 'rewards/new.reward.ts');
  const samples = '/work/samples/sort.samples.jsonl';
  expect(subjectsOf('/work/rewards/new.reward.ts', [sort], exists)).toMatchObject([
    { id: '/work/rewards/new.reward.ts', config: null, samples, samplesPlace: samples, dataset: '/work/d.jsonl' },
  ]);
  expect(subjectsOf(samples, [sort], exists)).toMatchObject([{ id: '/work/sort.grpo.json' }]);
  // Not those of a config somewhere else, nor for a Python file, which may be anything.
  expect(subjectsOf('/work/other/deep/rewards/new.reward.ts', [sort], exists)).toMatchObject([{ samples: null }]);
  expect(subjectsOf('/work/rewards/new.py', [sort], exists)).toEqual([]);
});

test('a reward file with samples of its name shows those where no config has them, and the configs are a choice', () => {
  const own = '/work/samples/mine.samples.jsonl';
  const exists = files('rewards/mine.reward.ts', 'samples/mine.samples.jsonl', 'samples/run.samples.jsonl');
  const reward = '/work/rewards/mine.reward.ts';
  const run = config('run', {
    rewards: ['rewards/run.reward.ts', { file: 'rewards/mine.reward.ts', weight: 3 }],
    rewardTimeoutSeconds: 2,
  });
  const alone = {
    id: reward,
    config: null,
    samples: own,
    dataset: '/work/d.jsonl',
    rewards: [{ file: reward, weight: 1 }],
  };
  const withAll = { id: '/work/run.grpo.json', samples: '/work/samples/run.samples.jsonl' };
  expect(subjectsOf(reward, [run], exists)).toMatchObject([alone, withAll]);
  expect(subjectsOf(reward, [run], exists)[0]?.settings.rewardTimeoutSeconds).toBe(2);
  expect(subjectsOf(own, [run], exists)).toMatchObject([alone]);
  // What was chosen last counts, and can be taken back.
  expect(subjectsOf(reward, [run], exists, [run.file])).toMatchObject([withAll, alone]);
  expect(subjectsOf(reward, [run], exists, [reward, run.file])).toMatchObject([alone, withAll]);
  // The config of its name says which samples count.
  const mine = config('mine', { rewards: ['rewards/mine.reward.ts'], samples: 'samples/run.samples.jsonl' });
  expect(subjectsOf(reward, [mine], exists).map(({ id }) => id)).toEqual([mine.file, reward]);
  expect(subjectsOf('/work/rewards/run.reward.ts', [run], exists)).toMatchObject([withAll]);
});

test('a Python file is a reward file where a config names it or samples have its name', () => {
  expect(subjectsOf('/work/setup.py', [], files('setup.py'))).toEqual([]);
  expect(subjectsOf('/work/maths.py', [], files('maths.py', 'maths.samples.jsonl'))).toHaveLength(1);
  const run = config('run', { rewards: ['setup.py'] });
  expect(subjectsOf('/work/setup.py', [run], files())).toHaveLength(1);
});

test('other files have nothing to do with rewards', () => {
  expect(subjectsOf('/work/readme.md', [], () => true)).toEqual([]);
  expect(subjectsOf('/work/lost.samples.jsonl', [], files('lost.samples.jsonl'))).toEqual([]);
});

test('a relative interpreter is one of the folder of the config', () => {
  const pythonOf = (python: string) =>
    readConfigLinks('/work/a.grpo.json', JSON.stringify({ rewards: [], python }))?.settings.python;
  expect(pythonOf('.venv/bin/python')).toBe('/work/.venv/bin/python');
  expect(pythonOf('python3.12')).toBe('python3.12');
});

test('a config that is being edited gives what can be read, and defaults for what cannot', () => {
  const text = `{ // comment
    "rewards": ["a.reward.ts", 3, { "weight": 2 }, { "file": "b.reward.ts", "weight": "x" }],
    "scaleRewards": false, "rewardTimeoutSeconds": -1, "python": "", "samples": "s.jsonl", "rewardEnv": ["KEY", 3],
    "model": `;
  expect(readConfigLinks('/work/a.grpo.json', text)).toEqual({
    file: '/work/a.grpo.json',
    rewards: [
      { file: '/work/a.reward.ts', weight: 1 },
      { file: '/work/b.reward.ts', weight: 1 },
    ],
    dataset: null,
    model: null,
    samples: '/work/s.jsonl',
    settings: {
      scaleRewards: 'none',
      multiObjectiveAggregation: 'sum_then_normalize',
      processRewardWeight: null,
      baseline: 'group',
      rewardTimeoutSeconds: 10,
      python: null,
      chatTemplateKwargs: {},
      rewardEnv: ['KEY'],
      prompt: null,
      columns: null,
    },
  });
  expect(readConfigLinks('/work/a.grpo.json', '{ "rewards": [] }')!.settings.rewardEnv).toEqual([]);
  expect(readConfigLinks('/work/a.grpo.json', '{ "rewards": ')).toBeUndefined();
});
