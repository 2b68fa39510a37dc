/** The list gets the scores that have changed, by line. */
import { beforeEach, expect, test } from 'vitest';
import { SentScores } from '../../../../src/extension/samples-editor/sent-scores.ts';
import type { ScoredSamples } from '../../../../src/extension/workspace/sample-scores.ts';
import type { PreviewProblem, PreviewResult, PreviewRow } from '../../../../src/protocol/preview.ts';

const FILE = '/w/a.samples.jsonl';

const row = (index: number, score: number, seconds = 0.001): PreviewRow => ({
  ...{ line: index + 1, group: 0, completion: `c${index}`, reward: score, advantage: score, mismatches: [] },
  outcomes: { f: { kind: 'score', score, seconds } },
});

function scored(rows: PreviewRow[], problems: PreviewProblem[] = [], moved = 0): ScoredSamples {
  const group = {
    prompt: 'p',
    rendered: null,
    size: rows.length,
    mean: 1,
    std: 1,
    signal: 'signal',
    why: 'why',
  } as const;
  const result = { rows, groups: [group] } as unknown as PreviewResult;
  const subject = { samplesPlace: FILE } as ScoredSamples['subject'];
  return {
    subject,
    result,
    problems,
    running: false,
    broken: undefined,
    rowLine: (index) => rows[index]!.line - 1 + moved,
  };
}
const problem = (line: number, code: string): PreviewProblem => ({
  ...{ file: FILE, line, column: 1, severity: 'warning', message: `about ${line}` },
  code: code as PreviewProblem['code'],
});

/** Line 0 has the id 100. */
const idAt = (line: number) => 100 + line;
let sent: SentScores;
beforeEach(() => {
  sent = new SentScores();
});

test('all at first, then only what is another score: how long a call took is none', () => {
  const first = sent.changes(scored([row(0, 1), row(1, 2)]), idAt);
  expect(first?.rows.map(([id, scores]) => [id, scores?.reward])).toEqual([
    [100, 1],
    [101, 2],
  ]);
  expect(first?.prompts).toEqual([[0, { prompt: 'p', rendered: null }]]);
  expect(sent.changes(scored([row(0, 1, 0.2), row(1, 2, 0.3)]), idAt)).toBeUndefined();
  const next = sent.changes(scored([row(0, 1), row(1, 3)]), idAt);
  expect(next).toMatchObject({ rows: [[101, { reward: 3 }]], groups: [], prompts: [] });
});

test('by the line where a row is now', () => {
  const change = sent.changes(scored([row(0, 1)], [], 5), idAt);
  expect(change?.rows.map(([id]) => id)).toEqual([105]);
});

test('what is gone is taken back, and all of it when there is no preview', () => {
  sent.changes(scored([row(0, 1), row(1, 2)]), idAt);
  expect(sent.changes(scored([row(0, 1)]), idAt)?.rows).toEqual([[101, null]]);
  expect(sent.changes(undefined, idAt)).toMatchObject({ rows: [[100, null]], groups: [[0, null]] });
  expect(sent.changes(undefined, idAt)).toBeUndefined();
});

test('all again for a page that has forgotten', () => {
  sent.changes(scored([row(0, 1)]), idAt);
  sent.forget();
  expect(sent.changes(scored([row(0, 1)]), idAt)?.rows).toHaveLength(1);
});

test('with what is wrong with a line, scored or not, unless the scores say it', () => {
  const problems = [
    problem(1, 'other-prompt'),
    problem(3, 'samples'),
    problem(1, 'expectation'),
    { ...problem(1, 'load'), file: '/w/a.reward.ts' },
  ];
  const rows = new Map(sent.changes(scored([row(0, 1)], problems), idAt)?.rows);
  expect(rows.get(100)?.problems).toEqual([{ code: 'other-prompt', severity: 'warning', message: 'about 1' }]);
  expect(rows.get(102)).toMatchObject({ group: -1, problems: [{ code: 'samples' }] });
  expect(rows.size).toBe(2);
});
