import { expect, it } from 'vitest';
import { Template } from '../../../../src/model/templates/template.ts';
import { parseExact, withFields } from '../../../../src/text/exact-json.ts';

const show = new Template('{{ value }}');
const shown = (json: string) => show.render({ value: parseExact(json) });

it.each([
  [
    '[1, 1.0, -0, -0.0, 1e400, 1e3, 2.50, 12345678901234567890, 1e21]',
    '[1, 1.0, 0, -0.0, inf, 1000.0, 2.5, 12345678901234567890, 1e+21]',
  ],
  [`[${'9'.repeat(400)}]`, `[${'9'.repeat(400)}]`],
  ['{"b": 1.0, "10": {"9": [2.0], "1": 3}, "a": 2}', "{'b': 1.0, '10': {'9': [2.0], '1': 3}, 'a': 2}"],
  ['{"1": 1.0, "a": 2.0, "1": 3}', "{'1': 3, 'a': 2.0}"],
  ['{"a": {"b": 1.0}, "a": {"b": 1}}', "{'a': {'b': 1}}"],
  ['["1.0 and \\"2\\": 3", {}]', `['1.0 and "2": 3', {}]`],
])('%s is what it is for Python', (json, text) => {
  // Each as Python's json.loads and repr give it.
  expect(shown(json)).toBe(text);
  expect(parseExact(json)).toEqual(JSON.parse(json));
});

it('stays so with further fields', () => {
  const message = parseExact('{"b": 1.0, "2": 3.0}') as object;
  expect(show.render({ value: withFields({ first: 1 }, message, { b: 2, last: 3 }) })).toBe(
    "{'first': 1, 'b': 2, '2': 3.0, 'last': 3}",
  );
});

it('refuses a number whose digits are lost, instead of printing others', () => {
  expect(() => show.render({ value: 2 ** 60 })).toThrow('whose last digits are not known');
});

it('reads JSON that is nested by the thousand as `JSON.parse` does', () => {
  const json = `${'['.repeat(20000)}1.0${']'.repeat(20000)}`;
  const depth = (value: unknown): number => {
    let levels = 0;
    for (let inside = value; Array.isArray(inside); inside = inside[0]) levels++;
    return levels;
  };
  expect(depth(parseExact(json))).toBe(20000);
  expect(() => show.render({ value: parseExact(json) })).toThrow('nested too deeply');
});
