import { expect, test } from 'vitest';
import { findDeclarations, findTrlRewards } from '../../../../src/extension/preview/declarations.ts';
import { readExpectations } from '../../../../src/extension/preview/expectations.ts';
import {
  fixedNumber,
  frontWords,
  functionSummary,
  rowSummary,
  shortNumber,
  signalNote,
} from '../../../../src/extension/preview/words.ts';
import type { PreviewFunction, PreviewGroup } from '../../../../src/protocol/preview.ts';

const described = (changes: Partial<PreviewFunction>): PreviewFunction => ({
  ...{ name: 'f', weight: 1, file: '/f.reward.ts', language: 'typescript', line: 1, column: 1, state: 'done' },
  ...{ samples: 12, mean: 0.6234, std: 0.1, abstained: 0, failed: 0, seconds: 0 },
  ...changes,
});

test('a lens says how many, how good, and what went wrong', () => {
  expect(functionSummary(described({ abstained: 2, failed: 1 }))).toBe('12 samples · mean 0.62 · 2 abstain · 1 error');
  expect(functionSummary(described({ samples: 1, mean: null, failed: 1 }))).toBe('1 sample · 1 error');
});

test('a row tells abstaining, failing and not scored yet apart', () => {
  const row = { line: 1, group: 0, completion: '', advantage: 0, mismatches: [] };
  const functions = ['a', 'b', 'c'].map((name) => described({ name }));
  const outcomes = {
    a: { kind: 'score' as const, score: -1, seconds: null },
    b: { kind: 'abstain' as const, seconds: null },
  };
  expect(rowSummary({ ...row, outcomes, reward: -1 }, functions)).toBe('a −1 · b abstains · c …');
  const failed = { kind: 'failure' as const, failure: 'timeout' as const, message: '', seconds: null };
  const all = { ...outcomes, c: failed };
  expect(rowSummary({ ...row, outcomes: all, reward: -1 }, functions)).toBe('a −1 · b abstains · c timeout · total −1');
});

test('a function that is only tried stands apart from those that count', () => {
  const functions = [described({ name: 'a' }), described({ name: 'draft', trial: true })];
  const score = (value: number) => ({ kind: 'score' as const, score: value, seconds: null });
  const row = { line: 1, group: 0, completion: '', advantage: 0, mismatches: [], reward: 3 };
  expect(rowSummary({ ...row, outcomes: { a: score(3) } }, functions)).toBe('a 3 · total 3 · not counted: draft …');
  expect(frontWords({ ...row, outcomes: { a: score(3) } }, functions).total.trim()).toContain('3.00');
  expect(functionSummary(functions[1]!)).toBe('12 samples · mean 0.62 · not counted');
  expect(rowSummary({ ...row, outcomes: { draft: score(2) } }, functions.slice(1))).toBe('not counted: draft 2');
});

test('why a group teaches nothing is said once', () => {
  const why = 'no signal: every completion got the same reward';
  const group: PreviewGroup = { prompt: 'p', rendered: null, size: 2, mean: 1, std: 0, signal: 'equal', why };
  expect([signalNote(group, true), signalNote(group, false)]).toEqual([why, 'no signal']);
  expect(signalNote({ ...group, signal: 'signal', why: 'has a learning signal' }, true)).toBe('');
});

test.each([
  [0, '0'],
  [2 / 3, '0.67'],
  [-0.001, '−1.0e-3'],
  [12345678, '1.2e7'],
  [null, '–'],
])('%s is written %s', (value, text) => {
  expect(shortNumber(value)).toBe(text);
});

test('functions that look like rewards are found without running them', () => {
  const typescript =
    'const x = 1;\nexport function a() {}\nexport async function b() {}\nfunction c() {}\nexport const d = 1;';
  expect(findDeclarations('/a.reward.ts', typescript)).toEqual([
    { name: 'a', line: 1 },
    { name: 'b', line: 2 },
    { name: 'd', line: 4 },
  ]);
  const python =
    'def helper(text): ...\nasync def a(\n    prompts, completions, **kwargs\n): ...\ndef _b(completions): ...\n';
  expect(findDeclarations('/a.py', python)).toEqual([{ name: 'a', line: 1 }]);
  const all = `${python}def plot(completions):\n  ...\n`;
  expect(findTrlRewards(all)).toEqual([{ name: 'a', line: 1 }]);
});

test('expectations are read from lines that can be read', () => {
  const text = [
    '{"completion": "x", "expect": {"a": 1, "total": [1, 2], "b": "no"}}',
    '{"completion": "x", "expect": ',
    '{"completion": "y"}',
    '{"completion": "z", "expect": {"a": -1}}',
  ].join('\r\n');
  expect(readExpectations(text)).toEqual([
    { name: 'a', line: 0, completion: 'x', expected: 1 },
    { name: 'total', line: 0, completion: 'x', expected: [1, 2] },
    { name: 'a', line: 3, completion: 'z', expected: -1 },
  ]);
});

test.each([
  [6.5, '  6.50'],
  [-1.257, ' −1.26'],
  [-0.001, '  0.00'],
  [1234.6, '  1235'],
  [-12345.6, '−12346'],
  [1234567, '   1e6'],
  [-1e12, ' −1e12'],
  [null, '     –'],
])('in front of a row %s is written in six characters', (value, text) => {
  expect(fixedNumber(value).replaceAll('\u00a0', ' ')).toBe(text);
});

test('in front of a row stand its advantage and total, and a mark for what is wrong', () => {
  const row = { line: 1, group: 0, completion: '', advantage: 0.874, mismatches: [], reward: 6.5 };
  const functions = [described({ name: 'a' })];
  const score = { kind: 'score' as const, score: 6.5, seconds: null };
  const failure = { kind: 'failure' as const, failure: 'timeout' as const, message: '', seconds: null };
  const words = (changes: object) => {
    const { advantage, total } = frontWords({ ...row, outcomes: { a: score }, ...changes }, functions);
    return `${advantage}|${total}`.replaceAll('\u00a0', ' ');
  };
  expect(words({})).toBe('▲ +0.87|  6.50  │');
  expect(words({ advantage: -1.26, mismatches: [{ name: 'a', expected: 7, actual: 6.5 }] })).toBe('▼ −1.26|  6.50 !│');
  expect(words({ advantage: 0 })).toBe('   0.00|  6.50  │');
  expect(words({ outcomes: { a: failure }, reward: null, advantage: 0 })).toBe('|     – ✗│');
  expect(words({ outcomes: {} })).toBe('|     …  │');
});
