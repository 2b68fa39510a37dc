import { describe, expect, test } from 'vitest';
import { MOST_LEVELS, parseJson } from '../../../src/files/json.ts';
import { parseJsonc, tooDeepAt } from '../../../src/files/jsonc.ts';
import { problem } from './folder.ts';

const at = { file: 'x.json' };
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

describe('JSON', () => {
  test('is what JSON.parse makes of it', () => {
    for (const text of [
      '{"a": [1, "b", null, true, -0.5e3]}',
      '"\\ud83d\\ude00 \\\\ud800"',
      nested(MOST_LEVELS),
      '9007199254740992',
    ])
      expect(parseJson(text, at)).toEqual(JSON.parse(text));
  });

  test.each([
    ['{"a": 1,\n "b" 2}', 'x.json:2:6: This is not valid JSON: colon expected.'],
    ['', 'x.json:1:1: This is not valid JSON: value expected.'],
    ['{"a": 1} // b', 'x.json:1:10: This is not valid JSON: invalid comment token.'],
    [nested(MOST_LEVELS + 1), `x.json:1:${MOST_LEVELS + 1}: This is nested more than 200 levels deep; flatten it.`],
    ['['.repeat(1e6), `x.json:1:${MOST_LEVELS + 1}: This is nested more than 200 levels deep; flatten it.`],
    [
      '{"a": "\\ud800"}',
      'x.json: A text here has half of a surrogate pair (such as "\\ud83d" alone), which is no character; remove it.',
    ],
    [
      '{"\\udc00": 1}',
      'x.json: A text here has half of a surrogate pair (such as "\\ud83d" alone), which is no character; remove it.',
    ],
  ])('bad: %.40s', (text, message) => expect(problem(() => parseJson(text, at))).toBe(message));

  test('brackets in texts are no levels', () => {
    const text = JSON.stringify({ a: '['.repeat(1000), '"\\': ['\\"[[['.repeat(300)] });
    expect(parseJson(text, at)).toEqual(JSON.parse(text));
  });
});

describe('JSON with comments', () => {
  const value = (text: string) => parseJsonc(text, 'run.grpo.json', 'run config').value;

  test('may have trailing commas', () => {
    expect(value('{ // [[[\n "a": [1, 2,], /* { */ "b": null, }')).toEqual({ a: [1, 2], b: null });
  });

  test.each([
    [`{"a": ${nested(1e5)}}`, 'run.grpo.json:1:206: This is nested more than 200 levels deep; flatten it.'],
    ['{\n"a": 1,\n"a": 2}', 'run.grpo.json:3:1: The field "a" is here twice; remove one.'],
    ['{"__proto__": {"r": 1}}', 'run.grpo.json:1:2: Unknown field "__proto__".'],
    ['{"a" 1}', 'run.grpo.json:1:6: The run config is not valid JSON: colon expected.'],
    [
      '{"a": ["\\ud800"]}',
      'run.grpo.json:1:8: This text has half of a surrogate pair (such as "\\ud83d" alone), which is no character; remove it.',
    ],
  ])('bad: %.40s', (text, message) => expect(problem(() => value(text))).toBe(message));

  test('comments and texts have no levels', () => {
    expect(tooDeepAt(`${`// ${'['.repeat(500)}\n`}{"a": "${'['.repeat(500)}"}`)).toBeUndefined();
    expect(tooDeepAt('['.repeat(MOST_LEVELS))).toBeUndefined();
    expect(tooDeepAt('['.repeat(MOST_LEVELS + 1))).toBe(MOST_LEVELS);
  });
});
