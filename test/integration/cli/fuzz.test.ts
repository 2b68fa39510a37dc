/** A few cases of `npm run bench -- fuzz`; docs/reliability.md has the figures of many. */
import { expect, it } from 'vitest';
import { describeCase, fuzz } from '../../../bench/fuzz.ts';

const SEED = 7;

it('spoiled input of every kind comes to one sentence, or does no harm', async () => {
  const results = await fuzz({ seed: SEED, cases: 40, jobs: 2 });
  const faulty = results.filter(({ faults }) => faults.length > 0);
  expect(faulty.map((result) => describeCase(result, SEED))).toEqual([]);
  expect(results).toHaveLength(40);
  // They do spoil something.
  expect(results.filter(({ outcome }) => outcome === 'refused').length).toBeGreaterThan(8);
}, 600_000);
