import { expect, test } from 'vitest';
import { drownedRewards } from '../../../src/doctor/drowned-rewards.ts';
import { recorded } from './recorded.ts';

const config = {
  rewards: [
    { file: 'rewards.ts', function: 'loud', weight: 1 },
    { file: 'rewards.ts', function: 'quiet', weight: 1 },
  ],
};
const functions = ['loud', 'quiet'].map((name) => ({ name, file: 'rewards.ts', weight: 1 }));
const heard = (
  loud: (group: number, index: number) => number,
  quiet: (group: number, index: number) => number,
  more = {},
) =>
  recorded(8, (_, group, index) => ({ rewards: { loud: loud(group, index), quiet: quiet(group, index) } }), {
    functions,
    config: { ...config, ...more },
  });
const found = ({ history, completionsOf }: ReturnType<typeof recorded>) => drownedRewards(history, completionsOf);
const loud = (_: number, index: number) => (index % 2) * 100;
const quiet = (_: number, index: number) => Number(index > 1);

test('a function that others drown, with a weight at which it would be heard', async () => {
  const [finding, ...others] = await found(heard(loud, quiet));
  expect(others).toEqual([]);
  expect(finding).toMatchObject({
    ...{ kind: 'drowned-reward', severity: 'warning', title: '"loud" drowns "quiet"' },
    evidence:
      'In steps 1 to 8, "quiet" tells completions apart in 32 groups, but its weighted standard deviation there is 1 % of that of the reward: "loud" decides.',
    remedy: { action: 'set', path: ['rewards', 1, 'weight'], value: 30 },
  });
});

test('has no button where the weight in the config is that of other functions, too', async () => {
  const whole = { rewards: [{ file: 'rewards.ts', weight: 1 }] };
  const [finding] = await found(heard(loud, quiet, whole));
  expect(finding!.kind).toBe('drowned-reward');
  expect(finding!.remedy).toBe(undefined);
});

test('a function that decides where it varies is heard', async () => {
  // One that nearly all completions satisfy: it varies in few groups, but there it counts.
  expect(
    await found(
      heard(
        (group, index) => (group === 0 ? 100 : (index % 2) * 100),
        (group, index) => (group === 0 ? index % 2 : 1),
      ),
    ),
  ).toEqual([]);
  expect(await found(heard((_, index) => index % 2, quiet))).toEqual([]);
  expect(await found(heard(loud, () => 1))).toEqual([]);
});

test('normalized one by one, functions do not drown each other', async () => {
  expect(await found(heard(loud, quiet, { multiObjectiveAggregation: 'normalize_then_sum' }))).toEqual([]);
});

test('says nothing where rewards are not the weighted sums', async () => {
  const { history, completionsOf } = heard(loud, quiet);
  const other = { ...history, functions: functions.map((each) => ({ ...each, weight: 2 })) };
  expect(await drownedRewards(other, completionsOf)).toEqual([]);
});
