/** A samples file's lines as the list gets them: what changes is sent, and lines keep their ids. */
import { describe, expect, test } from 'vitest';
import { lineView } from '../../../../src/extension/samples-editor/sample-line.ts';
import { SampleLines } from '../../../../src/extension/samples-editor/sample-lines.ts';

const sample = (completion: string) => JSON.stringify({ prompt: 'p', completion });

function opened(...texts: string[]): SampleLines {
  const lines = new SampleLines();
  lines.update(texts);
  return lines;
}
const ids = (lines: SampleLines): number[] =>
  lines.all.lines.map((line) => (typeof line === 'number' ? line : line.id));

describe('lines', () => {
  test('are all sent at first, and nothing when nothing has changed', () => {
    const lines = new SampleLines();
    expect(lines.update([sample('a'), '', sample('b')])?.lines).toMatchObject([
      { kind: 'sample', id: 1, completion: 'a' },
      { kind: 'blank', id: 2 },
      { kind: 'sample', id: 3, completion: 'b' },
    ]);
    expect(lines.update([sample('a'), '', sample('b')])).toBeUndefined();
  });

  test('of five thousand, only the edited one is sent, and keeps its id', () => {
    const texts = Array.from({ length: 5000 }, (_, index) => sample(String(index)));
    const lines = opened(...texts);
    const change = lines.update(texts.with(3000, sample('edited')));
    expect(change).toMatchObject({ at: 3000, removed: 1, lines: [{ id: 3001, completion: 'edited' }] });
    expect(change?.lines).toHaveLength(1);
  });

  test('that are added and removed leave the others their ids', () => {
    const lines = opened(sample('a'), sample('b'), sample('c'));
    expect(lines.update([sample('a'), sample('x'), sample('b'), sample('c')])).toMatchObject({ at: 1, removed: 0 });
    expect(ids(lines)).toEqual([1, 4, 2, 3]);
    expect(lines.update([sample('a'), sample('b'), sample('c')])).toEqual({
      type: 'lines',
      at: 1,
      removed: 1,
      lines: [],
    });
    expect(ids(lines)).toEqual([1, 2, 3]);
    expect(lines.lineOf(4)).toBeUndefined();
  });

  test('that change places, or are edited in two places at once, are recognized', () => {
    const lines = opened(sample('a'), sample('b'), sample('c'), sample('d'));
    lines.update([sample('d'), sample('b'), sample('c'), sample('a')]);
    expect(ids(lines)).toEqual([4, 2, 3, 1]);
    const change = lines.update([sample('D'), sample('b'), sample('c'), sample('A')]);
    expect(ids(lines)).toEqual([4, 2, 3, 1]);
    // Those between are named, not sent again.
    expect(change?.lines).toMatchObject([{ id: 4 }, 2, 3, { id: 1 }]);
  });

  test('that are copies of each other are different lines', () => {
    const lines = opened(sample('a'), sample('b'));
    lines.update([sample('a'), sample('a'), sample('b')]);
    expect(new Set(ids(lines)).size).toBe(3);
    expect([lines.idAt(0), lines.lineOf(2)]).toEqual([1, 2]);
  });
});

describe('a line', () => {
  test('has its columns as they are written, the likely answer first', () => {
    const text =
      '{"prompt": "p", "big": 12345678901234567890, "float": 5.0, "answer": "42", "completion": "c", "list": [1, 2.0]}';
    expect(lineView(text, 1)).toMatchObject({
      columns: [
        { name: 'answer', text: '42', isText: true },
        { name: 'big', text: '12345678901234567890', isText: false },
        { name: 'float', text: '5.0' },
        { name: 'list', text: '[1,2.0]' },
      ],
    });
  });

  test('has expectations that are numbers or ranges', () => {
    const text = '{"prompt": "p", "completion": "", "expect": {"a": 1, "b": [1, 2], "c": "3", "d": [1]}}';
    expect(lineView(text, 1)).toMatchObject({ expect: { a: 1, b: [1, 2] } });
  });

  test('may be one that a model has written', () => {
    const generated = (value: unknown) =>
      lineView(JSON.stringify({ prompt: 'p', completion: 'c', generated: value }), 1);
    expect(generated(true)).toMatchObject({ generated: true, columns: [] });
    expect(generated({ model: 'm' })).toMatchObject({ generated: true });
    expect(generated(false)).toMatchObject({ generated: false });
  });

  test('that is no sample says why', () => {
    expect(lineView('{"prompt": "p", "completion": "c"', 1)).toMatchObject({
      kind: 'broken',
      problem: 'This is not valid JSON: close brace expected.',
    });
    expect(lineView('[1]', 1)).toMatchObject({ kind: 'broken', problem: 'A row must be a JSON object, { ... }.' });
    expect(lineView('{"prompt": "p"}', 1)).toMatchObject({
      kind: 'broken',
      problem: 'This sample has no "completion" (a text).',
    });
    expect(lineView('  ', 1)).toEqual({ kind: 'blank', id: 1 });
  });

  test('without a prompt of its own is a sample: the run config may make one of its columns', () => {
    expect(lineView('{"question": "q", "completion": "c"}', 1)).toMatchObject({ kind: 'sample', prompt: null });
  });
});
