import { describe, expect, test } from 'vitest';
import { inWords, numberInWords } from '../../../../src/rewards/library/math/number-words.ts';
import { mathMatch, numericMatch } from '../../../../src/rewards/library.ts';

const math = (expected: string, answer: string) =>
  mathMatch()({ prompt: '', completion: `\\boxed{${answer}}`, answer: expected }).score;
const numeric = (expected: string, answer: string) =>
  numericMatch()({ prompt: '', completion: `\\boxed{${answer}}`, answer: expected }).score;

describe('rational numbers are compared exactly', () => {
  test.each([
    ['10^{100}', '10^{100}+1'],
    ['2^{2005}', '2^{2006}'],
    ['\\frac{1}{2^{98}}', '2^{-97}'],
    ['\\frac{1}{2^{98}}', '0'],
    ['\\frac{1}{13983816}', '\\frac{1}{13983817}'],
    ['\\frac{1}{12345678}', '0.0'],
    ['10^{-9}', '0'],
    ['3', '2.99999999999'],
    ['1{,}000{,}000', '1000000.0000001'],
    ['0.0000001', '0'],
  ])('%s is not %s', (expected, answer) => expect(math(expected, answer)).toBe(0));

  test.each([
    ['2^{2005}', '2 \\cdot 2^{2004}'],
    ['\\frac{1}{2^{98}}', '2^{-98}'],
    ['-1\\frac{1}{2}', '-\\frac{3}{2}'],
    ['0.1\\overline{6}', '\\frac{1}{6}'],
    ['6 \\times 10^{23}', '600000000000000000000000'],
    ['1.5 \\times 10^{-5}', '0.000015'],
  ])('%s is %s', (expected, answer) => expect(math(expected, answer)).toBe(1));

  test('numericMatch tells long whole numbers and very small ones apart', () => {
    expect(numeric('12345678901234567890', '12345678901234567890')).toBe(1);
    expect(numeric('12345678901234567890', '12345678901234567891')).toBe(0);
    expect(numeric('0.0000001', '0')).toBe(0);
    expect(numeric('0.0000001', '1e-7')).toBe(1);
  });
});

describe('absolute values and sets in another notation', () => {
  test.each([
    ['-3 < x < 3', '|x| < 3'],
    ['|x| < 3', '-3 < x < 3'],
    ['(-3, 3)', '|x| < 3'],
    ['|x| < 3', '3 > |x|'],
    ['|2x| \\le 6', '|x| \\le 3'],
    ['-1 \\le x \\le 3', '|x - 1| \\le 2'],
    ['|x - 1| > 2', 'x < -1 \\text{ or } x > 3'],
    ['(-\\infty,-1) \\cup (3,\\infty)', '|x-1| > 2'],
    ['x < 3', '\\{x \\mid x < 3\\}'],
    ['(-\\infty, 3)', '\\{x \\mid x < 3\\}'],
    ['(-3, 3)', '\\{x \\in \\mathbb{R} : -3 < x < 3\\}'],
    ['{x | x > 5}', '(5, \\infty)'],
  ])('%s is %s', (expected, answer) => expect(math(expected, answer)).toBe(1));

  test.each([
    ['|x| < 3', '|x| < 4'],
    ['[-3, 3]', '|x| < 3'],
    ['|x| > 3', '-3 < x < 3'],
    ['(-3, 3)', '\\{x \\in \\mathbb{Z} : -3 < x < 3\\}'],
    ['x < 3', '\\{x \\mid x < 4\\}'],
  ])('%s is not %s', (expected, answer) => expect(math(expected, answer)).toBe(0));
});

describe('numbers in words', () => {
  test.each([
    ['42', 'forty-two'],
    ['42', '\\text{forty-two}'],
    ['-105', 'minus one hundred and five'],
    ['1000', 'One thousand.'],
    ['12', 'twelve'],
    ['two', '2'],
  ])('%s is %s', (expected, answer) => {
    expect(math(expected, answer)).toBe(1);
    expect(numeric(expected, answer)).toBe(1);
  });

  test.each(['forty-three', 'four two', 'forty twelve', 'not forty-two', 'forty-two or so'])(
    '%s is not 42',
    (answer) => {
      expect(math('42', answer)).toBe(0);
      expect(numeric('42', answer)).toBe(0);
    },
  );

  test('every number below a million is read as it is written', () => {
    for (let value = -2000; value < 1_000_000; value += value < 2000 ? 1 : 997)
      expect(numberInWords(inWords(value))).toBe(String(value));
  });
});

test.each([
  ['anything but 42', 0],
  ['any number except 42', 0],
  ['It cannot be 42.', 0],
  ['Something other than 42.', 0],
  ['nothing but 42', 1],
  ['It is none other than 42.', 1],
  ['It is 42 rather than 41.', 1],
])('"%s" earns %d for 42', (completion, score) => {
  expect(mathMatch()({ prompt: '', completion, answer: '42' }).score).toBe(score);
  expect(numericMatch()({ prompt: '', completion, answer: '42' }).score).toBe(score);
});

describe('what only looks like the answer is none', () => {
  const numbers = [
    '42?',
    '42...',
    '\\cancel{42}',
    '\\overline{42}',
    '4\\,2',
    '4\\;2',
    '4{}2',
    '41 = 42',
    'x = 41 = 42',
  ];
  const words = ['42 million', '42 \\text{ thousand}', '42 dozen', '42 plus one', '42 \\text{ at most}', '42 squared'];
  test.each([...numbers, ...words])('%s is not 42', (answer) => {
    expect(math('42', answer)).toBe(0);
    expect(numeric('42', answer)).toBe(0);
  });

  test.each(['It is 42 million.', 'That costs $42k', 'It is 42x'])('"%s" does not end in 42', (completion) => {
    expect(mathMatch()({ prompt: '', completion, answer: '42' }).score).toBe(0);
    expect(numericMatch()({ prompt: '', completion, answer: '42' }).score).toBe(0);
  });

  test.each([
    ['(-1,6)', '[-1,6]'],
    ['(-1,6)', '-1 \\le x \\le 6'],
    ['(0,9)\\cup(10,12)', '[0,9]\\cup[10,12]'],
    ['(3,4)', '3:4'],
    ['\\frac{-1\\pm\\sqrt{5}}{2}', '\\frac{-1\\pm\\sqrt{7}}{2}'],
    ['\\frac{-1\\pm\\sqrt{5}}{2}', '-\\frac{1}{2}'],
    ['p - q', 'q - p'],
    ['10\\%', '1000\\%'],
    ['5', '5 ab'],
    ['p - q', 'pq'],
  ])('%s is not %s', (expected, answer) => expect(math(expected, answer)).toBe(0));
});

test.each([
  ['p - q', 'p-q'],
  ['\\text{A, C, E}', 'E,A,C'],
  ['\\text{(A), (C)}', 'A, C'],
  ['\\frac{-1 \\pm \\sqrt{5}}{2}', '\\frac{-1-\\sqrt{5}}{2}, \\frac{-1+\\sqrt{5}}{2}'],
  ['1 \\mp \\sqrt{5}', '1 \\pm \\sqrt{5}'],
  ['(-\\infty, 3) \\cup (5,\\infty)', 'x < 3 \\text{ or } x > 5'],
  ['[-1,6]', '-1 \\le x \\le 6'],
  ['\\sqrt{51}', '\\sqrt 51'],
  ['3\\sqrt{13}', '3\\sqrt13'],
  ['\\frac{\\sqrt{3}}{2}', '\\cos 30^\\circ'],
  ['5\\text{ cm}^2', '5\\ \\mathrm{cm^2}'],
  ['4\\pi \\text{ square inches}', '4\\pi'],
  ['17^{\\text{th}}', '17th'],
  ['3{,}000{,}000', '3\\text{ million dollars}'],
  ['x=\\frac{1}{3}', 'x = \\frac{1}{3} = 0.33\\overline{3}'],
])('%s is %s', (expected, answer) => expect(math(expected, answer)).toBe(1));

test('a column of objects has no answer', () => {
  expect(() => math({ a: 1 } as never, '1')).toThrow('has no answer to compare with: {"a":1}');
});

test('bars, which the parser would try in all pairs, do not stop the batch', () => {
  expect(math('42', '|'.repeat(499))).toBe(0);
  expect(math('|x-1|+|x-2|', '|x-2|+|x-1|')).toBe(1);
});
