import { expect, test } from 'vitest';
import { KnownConfigs } from '../../../../src/extension/preview/known-configs.ts';
import { deferred } from '../fake-clock.ts';

const FILE = '/w/sort.grpo.json';
const config = (reward: string) => JSON.stringify({ model: 'm', dataset: 'd.jsonl', rewards: [reward] });
const rewards = (configs: KnownConfigs) => configs.all.flatMap((links) => links.rewards.map(({ file }) => file));

test('knows a config as it was read last, and none that is gone', async () => {
  let text: string | undefined = config('a.reward.ts');
  const configs = new KnownConfigs(async () => text);
  await configs.read(FILE);
  expect(rewards(configs)).toEqual(['/w/a.reward.ts']);
  text = '';
  await configs.read(FILE);
  expect(rewards(configs), 'while it is typed').toEqual(['/w/a.reward.ts']);
  text = undefined;
  await configs.read(FILE);
  expect(configs.all).toEqual([]);
});

test('an older reading that takes longer changes nothing', async () => {
  const slow = deferred<string | undefined>();
  const texts = [slow.promise, Promise.resolve(config('new.reward.ts'))];
  const configs = new KnownConfigs(() => texts.shift()!);
  const first = configs.read(FILE);
  await configs.read(FILE);
  slow.resolve(config('old.reward.ts'));
  await first;
  expect(rewards(configs)).toEqual(['/w/new.reward.ts']);
});
