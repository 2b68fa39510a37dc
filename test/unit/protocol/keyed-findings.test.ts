import { expect, test } from 'vitest';
import { keyed, undismissed, urgent } from '../../../src/protocol/keyed-findings.ts';
import type { RunFinding } from '../../../src/protocol/run-finding.ts';

const finding = (kind: string, metrics: string[], more: Partial<RunFinding> = {}): RunFinding => ({
  ...{ kind, metrics, severity: 'warning', title: kind, evidence: 'So it is.', steps: { first: 1, last: 3 } },
  ...more,
});

test('a finding is known by its kind and curves while its steps and figures change', () => {
  const [before] = keyed([finding('drowned', ['rewards/a/mean'])]);
  const later = finding('drowned', ['rewards/a/mean'], { evidence: 'Now 12.', steps: { first: 2, last: 9 } });
  expect(keyed([finding('other', []), later])[1]!.key).toBe(before!.key);
});

test('several of a kind have different keys', () => {
  const found = ['a', 'b'].map((name) => finding('drowned', [`rewards/${name}/mean`]));
  const keys = keyed([...found, finding('memorized', []), finding('memorized', [])]).map(({ key }) => key);
  expect(new Set(keys).size).toBe(4);
});

test('those that were dismissed are not for the lists, nor are notes for those who do not look', () => {
  const [a, b] = [finding('a', ['x']), finding('b', [], { severity: 'information' })];
  expect(undismissed([a, b], ['a x'])).toEqual([b]);
  expect(undismissed([a, b])).toEqual([a, b]);
  expect(urgent([a, b])).toEqual([a]);
});
