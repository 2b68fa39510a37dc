import { describe, expect, test } from 'vitest';
import type { Remedy } from '../../../src/protocol/remedy.ts';
import type { RunFinding } from '../../../src/protocol/run-finding.ts';
import { chartsOf, findingMarks, titlesAt } from '../../../webview/findings/marks.ts';
import { shownRemedy } from '../../../webview/findings/remedy.ts';

const chart = (id: string, ...keys: string[]) => ({
  ...{ id, title: id },
  series: keys.map((key) => ({ id: key, label: key, terms: [{ key, weight: 1 }], color: 0 })),
});
const CHARTS = [chart('reward', 'reward', 'rewards/a/mean'), chart('groups', 'groups/too_hard'), chart('kl', 'kl')];

const finding = (changes: Partial<RunFinding>): RunFinding => ({
  ...{ kind: 'k', severity: 'error', title: 'Bad', evidence: 'Bad.', steps: { first: 3, last: 5 }, metrics: ['kl'] },
  ...changes,
});

test('a metric leads to the chart that draws it, or its parts', () => {
  const ids = (...metrics: string[]) => chartsOf(metrics, CHARTS).map(({ id }) => id);
  expect(ids('kl', 'rewards/a/mean')).toEqual(['reward', 'kl']);
  expect(ids('frac_reward_zero_std')).toEqual(['groups']);
  expect(ids('nowhere')).toEqual([]);
});

test('steps are shaded from half a step before the first to half a step after the last', () => {
  const [mark] = findingMarks([{ key: 'k', finding: finding({}) }], CHARTS, (step) => 10 * step);
  expect(mark).toMatchObject({ from: 25, to: 55 });
  expect([...mark!.charts]).toEqual(['kl']);
  expect(titlesAt([mark!], 30)).toEqual(['Bad']);
  expect(titlesAt([mark!], 56)).toEqual([]);
});

describe('a remedy', () => {
  const ours = { trainer: 'ours', imported: undefined } as const;
  const remedy: Remedy = { action: 'set', path: ['beta'], value: 0.04 };

  test('that sets a field starts again, where the run is ours to start', () => {
    expect(shownRemedy(finding({ remedy }), ours)).toEqual({ button: 'Set "beta" to 0.04 and Start Again' });
    expect(shownRemedy(finding({ remedy }), { ...ours, trainer: 'none' })).toHaveProperty('button');
    expect(shownRemedy(finding({ remedy }), { ...ours, trainer: 'other' })).toEqual({ words: 'Set "beta" to 0.04.' });
  });

  test('that resumes waits until nothing trains the run', () => {
    const resume = finding({ remedy: { action: 'resume', step: 10 } });
    expect(shownRemedy(resume, { ...ours, trainer: 'none' })).toEqual({ button: 'Resume' });
    expect(shownRemedy(resume, ours)).toHaveProperty('words');
  });

  test('for a reward opens it, if its place is known', () => {
    const fix: Remedy = { action: 'fix-reward' };
    expect(shownRemedy(finding({ remedy: fix, place: { file: 'a.ts' } }), ours)).toEqual({ button: 'Open Reward' });
    expect(shownRemedy(finding({ remedy: fix }), ours)).toHaveProperty('words');
    expect(shownRemedy(finding({}), ours)).toBeUndefined();
  });
});
