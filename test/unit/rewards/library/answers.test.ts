import { describe, expect, test } from 'vitest';
import {
  afterThinking,
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
    expect(scoreOf('18', 'eighteen')).toBe(1);
    expect(() => scoreOf('18', 'heads')).toThrow(
      'The column "answer" is not one number: "heads". For other answers, use mathMatch.',
    );
  });

  test.each([
    // Golds of MATH that were once read as another number.
    ['3\\sqrt{13}', 13, 3 * Math.sqrt(13)],
    ['2\\frac{1}{2}', 2, 2.5],
    ['14{,}916', 916, 14916],
    ['10^6', 6, 1e6],
    ['\\frac{3}{4}', 4, 0.75],
    ['28\\%', 8, '28\\%'],
    ['$18.90', 90, 18.9],
    ['so the answer is 18', 1, 18],
    ['#### 1,250', 250, 1250],
  ])('the expected %j is not %d, but %j', (expected, wrong, right) => {
    expect([scoreOf(`\\boxed{${wrong}}`, expected), scoreOf(`\\boxed{${right}}`, expected)]).toEqual([0, 1]);
  });

  test.each(['(-1,6)', '12:30', '3, 4', '\\text{Evelyn}', 'x+1', '2\\pi', '3 of 4 are 5'])(
    'the expected %j is refused, as it is not one number',
    (expected) => {
      expect(() => scoreOf('1', expected)).toThrow('is not one number');
    },
  );

  test.each([
    [2, '\\boxed{2\\pi}', 0],
    [2, '\\boxed{2x}', 0],
    [51, '\\boxed{\\sqrt{51}}', 0],
    [34, '\\boxed{3 4}', 0],
    [32349, '\\boxed{32, 349}', 0],
    [32349, '\\boxed{32,349}', 1],
    [0.5, 'So it is $\\frac{1}{2}$.', 1],
    [2, 'So it is $\\frac{1}{2}$.', 0],
    [2, 'So it is \\frac{1}{2}', 0],
    [2.5, 'It takes 2\\frac{1}{2} hours.', 1],
    [6, 'one costs $5 and the other $6', 1],
    [5, 'So $x$ is 5, where $x$ counts apples.', 1],
    [5, 'so $x = 5$.', 1],
    [5, 'it is not $5$', 0],
    [4, '\\boxed{\\sqrt{16}}', 1],
    [1000000, '\\boxed{10^6}', 1],
    [1000000, '\\boxed{1000001}', 0],
    [5, '\\boxed{5\\text{ cm}}', 1],
    [72, '\\boxed{72^\\circ}', 1],
  ])('%d answered by %j scores %d', (expected, completion, score) => {
    expect(scoreOf(completion, expected)).toBe(score);
  });

  test('after the thinking only', () => {
    const extract = afterThinking(lastNumber);
    expect(scoreOf('<think>It is 24.</think> So 25.', 25, { extract })).toBe(1);
    expect(scoreOf('<think>It is 25.</think> I know.', 25, { extract })).toBe(0);
    expect(scoreOf('<think>It is 25', 25, { extract })).toBe(0);
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
