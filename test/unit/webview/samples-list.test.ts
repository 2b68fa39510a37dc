/** The list of samples: what it knows, in which order it shows it, and what is typed into it. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { RowScores, SampleLine } from '../../../src/protocol/samples-view.ts';
import { hitsOf } from '../../../webview/hits.ts';
import { type Choice, type Entry, entriesOf } from '../../../webview/samples/entries.ts';
import { expectedText, parseExpected } from '../../../webview/samples/expected.ts';
import { withOriginalBreaks } from '../../../webview/samples/line-breaks.ts';
import { SampleStore } from '../../../webview/samples/store.ts';

const line = (id: number, prompt: string, completion: string, more: Partial<SampleLine> = {}): SampleLine => ({
  ...{ kind: 'sample', id, prompt, completion, columns: [], expect: {}, generated: false },
  ...more,
});
const scores = (group: number, score: number | null, more: Partial<RowScores> = {}): RowScores => ({
  ...{ group, reward: score, advantage: score ?? 0, mismatches: [], problems: [] },
  outcomes: { f: score === null ? { kind: 'abstain' } : { kind: 'score', score, reason: `because ${score}` } },
  ...more,
});

let store: SampleStore;
beforeEach(() => {
  store = new SampleStore();
  store.receive({
    type: 'lines',
    at: 0,
    removed: 0,
    lines: [
      line(1, 'add', 'four', { expect: { f: 1 } }),
      line(2, 'sort', 'a b', { generated: true, columns: [{ name: 'answer', text: 'Forty-two', isText: true }] }),
      { kind: 'blank', id: 3 },
      line(4, 'add', 'a much longer one'),
      { kind: 'broken', id: 5, text: '{"prompt', problem: 'This is not valid JSON.' },
    ],
  });
  store.receive({
    type: 'scores',
    rows: [
      [1, scores(0, 2, { mismatches: [{ name: 'f', expected: 1, actual: 2 }] })],
      [2, scores(1, null)],
      [4, scores(0, 3)],
    ],
    groups: [
      [0, { mean: 2.5, std: 0.5, signal: 'signal', why: 'has a learning signal' }],
      [1, { mean: null, std: null, signal: 'abstained', why: 'no signal' }],
    ],
    prompts: [],
  });
});

const CHOICE: Choice = { search: '', filter: 'all', prompt: null, sort: 'line', descending: false, grouped: false };
const named = (entry: Entry) => (entry.kind === 'group' ? `[${entry.group.title}]` : entry.sample.id);
const shown = (choice: Partial<Choice> = {}) => entriesOf(store.samples, { ...CHOICE, ...choice }).map(named);

describe('the order', () => {
  test('is that of the file, with its line numbers', () => {
    expect(shown()).toEqual([1, 2, 4, 5]);
    expect(store.samples.map((sample) => sample.line)).toEqual([1, 2, 4, 5]);
  });

  test('can be that of what is known; what is not comes last either way', () => {
    expect(shown({ sort: 'reward', descending: true })).toEqual([4, 1, 2, 5]);
    expect(shown({ sort: 'function f' })).toEqual([1, 4, 2, 5]);
    expect(shown({ sort: 'length', descending: true })).toEqual([4, 1, 2, 5]);
    expect(shown({ sort: 'advantage', descending: true })).toEqual([4, 1, 2, 5]);
  });

  test('puts samples of one prompt together, where the first of them is; a broken line is alone', () => {
    expect(shown({ grouped: true })).toEqual(['[add]', 1, 4, '[sort]', 2, 5]);
    expect(shown({ grouped: true, sort: 'length' })).toEqual(['[sort]', 2, '[add]', 1, 4, 5]);
    const [group] = entriesOf(store.samples, { ...CHOICE, grouped: true, filter: 'missed' });
    expect(group).toMatchObject({ group: { size: 2, samples: [{ id: 1 }], scores: { mean: 2.5 } } });
  });
});

describe('what is shown', () => {
  test('can be filtered', () => {
    const filtered = (filter: string) => shown({ filter });
    expect(filtered('missed')).toEqual([1]);
    expect(filtered('expected')).toEqual([1]);
    expect(filtered('abstained')).toEqual([2]);
    expect(filtered('signal')).toEqual([1, 4]);
    expect(filtered('no-signal')).toEqual([2]);
    expect(filtered('generated')).toEqual([2]);
    expect(filtered('problems')).toEqual([5]);
    expect(shown({ prompt: 'add' })).toEqual([1, 4]);
    expect(filtered('of another release')).toHaveLength(4);
  });

  test('can be searched for in prompts, completions, columns, reasons and broken lines, in either case', () => {
    expect(shown({ search: 'SORT' })).toEqual([2]);
    expect(shown({ search: 'much' })).toEqual([4]);
    expect(shown({ search: 'forty' })).toEqual([2]);
    expect(shown({ search: 'because 2' })).toEqual([1]);
    expect(shown({ search: 'valid json' })).toEqual([5]);
    expect(shown({ search: ' ' })).toHaveLength(4);
  });

  test('has its hits where they are, whatever a regular expression would make of the text', () => {
    expect(hitsOf('a+b A+B aab', 'a+b')).toEqual([
      [0, 3],
      [4, 7],
    ]);
    expect(hitsOf('anything', '')).toEqual([]);
  });
});

describe('changes', () => {
  test('come as differences, and leave other samples the same objects', () => {
    const [first, second] = store.samples;
    store.receive({ type: 'lines', at: 1, removed: 2, lines: [2, line(6, 'new', 'x')] });
    expect(shown()).toEqual([1, 2, 6, 4, 5]);
    expect(store.samples[0]).toBe(first);
    expect(store.samples[1]).toBe(second);
    store.receive({
      type: 'scores',
      rows: [
        [2, scores(1, 9)],
        [1, null],
      ],
      groups: [[1, null]],
      prompts: [],
    });
    expect(store.samples[1]).toMatchObject({ scores: { reward: 9 }, group: undefined });
    expect(store.samples[0]!.scores).toBeUndefined();
  });

  test('of the prompt by the run config are shown where a line has none of its own', () => {
    store.receive({ type: 'lines', at: 1, removed: 1, lines: [{ ...line(2, '', 'a b'), prompt: null }] });
    store.receive({ type: 'scores', rows: [], groups: [], prompts: [[1, { prompt: 'mapped', rendered: '<mapped>' }]] });
    expect(store.samples[1]).toMatchObject({ prompt: 'mapped', rendered: '<mapped>', promptKey: 'mapped' });
  });
});

test('an expected score is a number or a range, as people write them', () => {
  expect(['3', ' -0.5 ', '1e-3', '−2', '6 to 7', '6–7', '[6, 7]', '-2--1', '1..2', ''].map(parseExpected)).toEqual([
    ...[3, -0.5, 0.001, -2, [6, 7], [6, 7], [6, 7], [-2, -1], [1, 2], null],
  ]);
  expect(() => parseExpected('high')).toThrow('Write a number, or a range such as 6 to 7.');
  expect(() => parseExpected('7 to 6')).toThrow('Write the lower end of the range first.');
  for (const expected of [3, -0.5, 1e-7, [6, 7.25]] as const)
    expect(parseExpected(expectedText(expected as number | [number, number]))).toEqual(expected);
});

test('an edit in a text area leaves other line breaks as they were', () => {
  const original = 'a\r\nb\rc\nd';
  expect(withOriginalBreaks(original, 'a\nb\nc\nd')).toBe(original);
  expect(withOriginalBreaks(original, 'a\nB\nc\nd')).toBe('a\r\nB\rc\nd');
  expect(withOriginalBreaks(original, 'a\nb\nc\nd\ne')).toBe('a\r\nb\rc\nd\ne');
  expect(withOriginalBreaks('plain', 'other')).toBe('other');
});
