import { describe, expect, test } from 'vitest';
import {
  boxed,
  exactMatch,
  firstOf,
  lastNumber,
  numericMatch,
  parseNumber,
  tagged,
} from '../../../../src/rewards/library.ts';

const scoreOf = (completion: string, answer: unknown = 25, options = {}) =>
  numericMatch(options)({ prompt: 'What is 12+13?', completion, answer }).score;

test.each([
  ['42', 42],
  [' -3.50 ', -3.5],
  ['1,234,567.8', 1234567.8],
  ['$1,200', 1200],
  ['$x$', undefined],
  ['3/4', 0.75],
  ['-3/4', -0.75],
  ['\\frac{1}{4}', 0.25],
  ['-\\dfrac{1}{4}', -0.25],
  ['50%', 0.5],
  ['12.5\\%', 0.125],
  ['6.02e23', 6.02e23],
  ['.5', 0.5],
  ['5.', 5],
  ['−7', -7],
  ['1/0', undefined],
  ['1,23', undefined],
  ['12 apples', undefined],
  ['1/2/3', undefined],
  ['1e999', undefined],
  ['', undefined],
  ['.', undefined],
  ['e5', undefined],
  ['0x10', undefined],
])('parseNumber(%j) is %j', (text, value) => {
  expect(parseNumber(text)).toBe(value);
});

test.each([
  ['25 + 27 = 52, so 52 apples.', '52'],
  ['it falls to -4', '-4'],
  ['10-4', '4'],
  ['about 1,234.5 dollars', '1,234.5'],
  ['a share of 3/4', '3/4'],
  ['version2', undefined],
  ['no number', undefined],
  ['It is 24, not 25.', '24'],
  ["it isn't 25", undefined],
  ['x ≠ 25', undefined],
])('lastNumber(%j) is %j', (text, number) => {
  expect(lastNumber(text)).toBe(number);
});

test('what is boxed or tagged must be closed, and the last one counts', () => {
  expect(boxed('\\boxed{1} or \\boxed{\\frac{1}{2}}')).toBe('\\frac{1}{2}');
  expect(boxed('\\boxed{1} or \\boxed{2')).toBeUndefined();
  expect(tagged('answer')('<answer>1</answer> <answer> 2 </answer>')).toBe('2');
  expect(tagged('answer')('<answer>1')).toBeUndefined();
  expect(tagged('answer')('1</answer>')).toBeUndefined();
  expect(firstOf(tagged('a'), boxed)('\\boxed{3}')).toBe('3');
});

describe('numericMatch', () => {
  test.each([
    ['<answer>25</answer>', 1],
    ['so $\\boxed{25.0}$', 1],
    ['it makes 25', 1],
    ['<answer>25 apples</answer>', 1],
    ['<answer>24</answer> 25', 0],
    // What a model may try instead of an answer.
    ['', 0],
    ['What is 12+13?', 0],
    ['<answer>23 24 25 26</answer>', 0],
    ['<answer>25 or 26</answer>', 0],
    ['It is not 25.', 0],
    ['<answer>not 25</answer>', 0],
    ['<answer></answer>', 0],
    ['\\boxed{25', 1], // the last number of a text without an answer's marks
    ['<answer>NaN</answer>', 0],
    ['<answer>Infinity</answer>', 0],
  ])('%j scores %d', (completion, score) => {
    expect(scoreOf(completion)).toBe(score);
  });

  test('takes the expected number as a number, a text, or the end of a solution', () => {
    expect(scoreOf('1250', '1,250')).toBe(1);
    expect(scoreOf('0.75', '3/4')).toBe(1);
    expect(scoreOf('18', '16 - 3 - 4 = 9, 9 * 2 = 18\n#### 18')).toBe(1);
    expect(scoreOf('18', null)).toBeNull();
    expect(() => scoreOf('18', 'eighteen')).toThrow('"answer" has no number to compare with: "eighteen"');
  });

  test('a percentage means its share, or its number', () => {
    expect([scoreOf('50%', 0.5), scoreOf('50%', 50), scoreOf('0.5', '50%'), scoreOf('50%', 5)]).toEqual([1, 1, 1, 0]);
  });

  test('the tolerance is a share of the expected number', () => {
    expect(scoreOf('0.333', '1/3')).toBe(0);
    expect(scoreOf('0.333', '1/3', { tolerance: 1e-3 })).toBe(1);
    expect(scoreOf('10100', 10_000, { tolerance: 0.01 })).toBe(1);
    expect(scoreOf('10101', 10_000, { tolerance: 0.01 })).toBe(0);
  });

  test('a column that is not there is named, with those that are', () => {
    const reward = numericMatch({ column: 'anser' });
    expect(() => reward({ prompt: '', completion: '1', answer: 1, level: 2 })).toThrow(
      'numericMatch wants the column "anser", which these rows lack: they have answer, level.',
    );
  });
});

test('exactMatch compares texts, or any of several', () => {
  const score = (completion: string, answer: unknown = 'New York', options = {}) =>
    exactMatch(options)({ prompt: '', completion, answer }).score;
  expect(score('<answer> new   york. </answer>')).toBe(1);
  expect(score('new york', 'New York', { caseSensitive: true })).toBe(0);
  expect(score('NYC', ['New York', 'NYC'])).toBe(1);
  expect(score('It is New York')).toBe(0);
  expect(score('New York Paris London')).toBe(0);
  expect(score('')).toBe(0);
  expect(score('', '')).toBe(0);
  expect(score('5', 5)).toBe(1);
  expect(score('x', null)).toBeNull();
});
