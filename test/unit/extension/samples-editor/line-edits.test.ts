/** Edits of one value in a line of a samples file: the rest stays as it is written. */
import { expect, test } from 'vitest';
import { copyOf, sampleLike, withValue } from '../../../../src/extension/samples-editor/line-edits.ts';

const LINE =
  '{ "b":5.0, "prompt" : [{"role":"user","content":"q"}],"10":1, "completion": "old\\u0041", "expect": {"f": 1,"g": [1, 2]} }';

test('a completion is replaced, and nothing else: not an order, a space or a float', () => {
  expect(withValue(LINE, ['completion'], JSON.stringify('new "\n'))).toBe(LINE.replace('"old\\u0041"', '"new \\"\\n"'));
});

test("a message's text is replaced where it is", () => {
  expect(withValue(LINE, ['prompt', 0, 'content'], '"Q"')).toBe(LINE.replace('"q"', '"Q"'));
});

test('a column gets the digits that were typed, on one line', () => {
  expect(withValue(LINE, ['b'], '6.50')).toBe(LINE.replace('5.0', '6.50'));
  expect(withValue(LINE, ['b'], '[1,\n  2.0]')).toBe(LINE.replace('5.0', '[1, 2.0]'));
});

test('expectations come, change and go; the last one takes "expect" along', () => {
  expect(withValue(LINE, ['expect', 'f'], '3')).toBe(LINE.replace('"f": 1', '"f": 3'));
  const one = withValue(LINE, ['expect', 'g'], null);
  expect(JSON.parse(one).expect).toEqual({ f: 1 });
  const none = withValue(one, ['expect', 'f'], null);
  expect(none).toBe(LINE.replace(/, "expect".*}$/, ' }'));
  const total = withValue(none, ['expect', 'total'], '[6,7]');
  expect(JSON.parse(total).expect).toEqual({ total: [6, 7] });
  expect(total.startsWith(none.slice(0, -2))).toBe(true);
  expect(withValue(none, ['expect', 'f'], null)).toBe(none);
});

test('the mark of a generated sample goes with its first edit, unless that says what it should score', () => {
  const generated = '{"prompt": "p", "completion": "c", "generated": true, "x": 1.0}';
  expect(withValue(generated, ['completion'], '"d"')).toBe('{"prompt": "p", "completion": "d", "x": 1.0}');
  expect(withValue(generated, ['expect', 'f'], '1')).toContain('"generated": true');
  expect(copyOf(generated)).toBe('{"prompt": "p", "completion": "c", "x": 1.0}');
});

test('a new sample has the prompt and the columns of another one', () => {
  expect(sampleLike('{"prompt": "p", "n": 5.0, "completion": "c", "expect": {"f": 1}, "generated": {"n": 1}}')).toBe(
    '{"prompt": "p", "n": 5.0, "completion": ""}',
  );
});

test('what is no JSON, and a name that is there twice, are refused in a sentence', () => {
  expect(() => withValue(LINE, ['b'], '1, 2')).toThrow('is not valid JSON');
  expect(() => withValue('{"completion": "a", "completion": "b"}', ['completion'], '"c"')).toThrow(
    'This line has "completion" more than once; edit it as text.',
  );
  expect(() => withValue('{"completion": ', ['completion'], '"c"')).toThrow('This line is not a sample');
});
