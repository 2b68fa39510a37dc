import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CAUSES, oneStory } from '../../../src/doctor/one-story.ts';
import type { RunFinding } from '../../../src/protocol/run-finding.ts';

const finding = (kind: string, severity: RunFinding['severity'] = 'warning', more: Partial<RunFinding> = {}) => ({
  ...{ kind, severity, title: `Title of ${kind}`, evidence: `Evidence of ${kind}.` },
  ...{ steps: { first: 1, last: 9 }, metrics: [`metric of ${kind}`] },
  ...more,
});

/** `cause: explained, explained`. */
const stories = (...findings: RunFinding[]) =>
  oneStory(findings).map(({ severity, kind, also = [] }) =>
    [`${severity} ${kind}`, ...also.map((other) => other.kind)].join(' '),
  );

test('a run whose reward was hacked has one finding, with the others as parts of it', () => {
  const hacked = ['same-answers', 'length-collapse', 'hacking-tricks', 'hacking-functions'].map((kind) =>
    finding(kind),
  );
  expect(stories(...hacked)).toEqual(['warning hacking-functions same-answers length-collapse hacking-tricks']);
  expect(oneStory(hacked)[0]!.also![1]).toEqual({
    ...{ kind: 'length-collapse', title: 'Title of length-collapse', evidence: 'Evidence of length-collapse.' },
    metrics: ['metric of length-collapse'],
  });
});

test('a story is as bad as the worst part of it', () => {
  expect(stories(finding('constant-function'), finding('all-truncated', 'error'))).toEqual([
    'error all-truncated constant-function',
  ]);
  // Completions that grew up to the limit are not to get more room.
  expect(stories(finding('all-truncated', 'error'), finding('length-explosion'), finding('no-signal'))).toEqual([
    'error length-explosion all-truncated no-signal',
  ]);
});

test('a note explains nothing, and what has another cause is a finding of its own', () => {
  expect(stories(finding('length-explosion', 'information'), finding('often-truncated'))).toEqual(
    ['information length-explosion', 'warning often-truncated'].toReversed(),
  );
  expect(stories(finding('hacking-functions'), finding('held-out-leak'), finding('kl-runaway'))).toEqual([
    'warning hacking-functions',
    'warning held-out-leak',
    'warning kl-runaway',
  ]);
});

test('completions that show a part are examples where the cause has none', () => {
  const examples = [{ step: 9, group: 0, row: 2 }];
  expect(oneStory([finding('kl-runaway'), finding('same-answers', 'warning', { examples })])[0]!.examples).toBe(
    examples,
  );
});

test('docs/doctor.md has the rule as it is, and a kind explains only kinds further down', () => {
  const rows = CAUSES.map(
    ([cause, explained]) => `| \`${cause}\` | ${explained.map((kind) => `\`${kind}\``).join(', ')} |`,
  );
  expect(readFileSync('docs/doctor.md', 'utf8')).toContain(`| finding | explains |\n|---|---|\n${rows.join('\n')}\n`);
  const order = CAUSES.map(([cause]) => cause);
  for (const [index, [, explained]] of CAUSES.entries())
    expect(explained.filter((kind) => order.slice(0, index + 1).includes(kind))).toEqual([]);
});
