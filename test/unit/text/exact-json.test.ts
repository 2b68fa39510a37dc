import { expect, test } from 'vitest';
import { ExactJson, parseExact, roundedInteger, stringifyExact, withExact } from '../../../src/text/exact-json.ts';

const parsed = (text: string) => parseExact(text) as Record<string, unknown>;

test.each([
  '{"a":5.0}',
  '{"a":12345678901234567890,"b":-9007199254740993}',
  '{"a":1e400,"b":-1e400,"c":1E5,"d":-0,"e":-0.0,"f":1.10,"g":0.1000}',
  '{"a":[1.0,{"b":[2.0]}],"b":{"c":{"d":1e1}}}',
  '{"a":{"b":1,"10":2,"2":3}}',
  '{"a":"5.0 \\" 6.0","b":"\\\\","c":[7.0],"\\"{":8.0}',
  '{"a":{},"b":[],"c":[[]],"d":1.0}',
])('%s is written as it was', (text) => {
  expect(stringifyExact(parseExact(text))).toBe(text);
  expect(stringifyExact({ ...withExact(parsed(text)) })).toBe(text);
});

test('white space is no part of a value; what JavaScript has exactly is left alone', () => {
  const text = ' { "a" : [ 1.0 , "b c" ] ,\t"d": 5, "e": 0.1, "f": [1, "x"], "g": {"h": 1} } ';
  const members = withExact(parsed(text));
  expect(members.a).toEqual(new ExactJson('[1.0,"b c"]', [1, 'b c']));
  for (const name of ['d', 'e', 'f', 'g']) expect(members[name]).not.toBeInstanceOf(ExactJson);
  expect(JSON.stringify(members)).toBe('{"a":[1,"b c"],"d":5,"e":0.1,"f":[1,"x"],"g":{"h":1}}');
});

test('a text of the user is never taken for a number', () => {
  const value = { a: new ExactJson('5.0', 5), b: 'exact 0.5 0', c: '"exact 0.5 0"' };
  expect(JSON.parse(stringifyExact(value))).toEqual({ a: 5, b: value.b, c: value.c });
});

test('objects keep how they were written in whatever holds them; a number that is changed is written as it is now', () => {
  const { prompt } = parseExact('{"prompt":[{"role":"tool","result":2.0,"5":1,"more":[1e2]}]}') as { prompt: object[] };
  const row = { step: 1, none: undefined, prompt: [...prompt], infinite: Number.NaN };
  expect(stringifyExact(row)).toBe(
    '{"step":1,"prompt":[{"role":"tool","result":2.0,"5":1,"more":[1e2]}],"infinite":null}',
  );
  Object.assign(prompt[0]!, { result: 3 });
  expect(stringifyExact(prompt)).toBe('[{"role":"tool","result":3,"5":1,"more":[1e2]}]');
});

test('integers that JavaScript rounds', () => {
  const of = (text: string) => roundedInteger(withExact(parsed(`{"a":${text}}`)).a);
  expect(of('[1, 9007199254740993]')).toBe('9007199254740993');
  for (const text of ['9007199254740992', '1.0', '"9007199254740993"', '[12345678901234567890.5]'])
    expect(of(text), text).toBeUndefined();
});
