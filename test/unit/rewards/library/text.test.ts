import { describe, expect, test } from 'vitest';
import {
  codeFormat,
  cosineLength,
  exactMatch,
  jsonFormat,
  languageConsistency,
  lengthReward,
  numericMatch,
  overlongPenalty,
  type RewardInput,
  type RowReward,
  reasoningSteps,
  regexMatch,
  repetitionPenalty,
  tagCount,
  tagFormat,
  thinkFormat,
} from '../../../../src/rewards/library.ts';

const scoreOf = (reward: RowReward, completion: string, more: Partial<RewardInput> = {}) =>
  reward({ prompt: 'the prompt', ...more, completion }).score;

describe('tagFormat', () => {
  const reward = tagFormat({ tags: ['think', 'answer'] });
  test.each([
    ['<think>a</think><answer>b</answer>', 1],
    ['so <think>a</think>\n<answer>b</answer> !', 1],
    ['', 0],
    ['<answer>b</answer><think>a</think>', 0],
    ['<think>a<answer>b</answer></think>', 0],
    ['<think>a</think><answer>b', 0],
    ['<think>a</think><answer>b</answer><answer>c</answer>', 0],
    ['<think>a</think><think>a</think><answer>b</answer>', 0],
    ['<Think>a</Think><answer>b</answer>', 0],
  ])('%j scores %d', (completion, score) => {
    expect(scoreOf(reward, completion)).toBe(score);
  });

  test('strict leaves no text outside; partial counts the tags', () => {
    const strict = tagFormat({ tags: ['a', 'b'], strict: true });
    expect(scoreOf(strict, ' <a>1</a>\n<b>2</b> ')).toBe(1);
    for (const text of ['x<a>1</a><b>2</b>', '<a>1</a>x<b>2</b>', '<a>1</a><b>2</b>x'])
      expect(scoreOf(strict, text), text).toBe(0);
    const partial = tagFormat({ tags: ['a', 'b'], partial: true });
    expect(scoreOf(partial, '<a>1</a><b>2')).toBe(0.5);
    expect(scoreOf(partial, '<b>2</b><a>1</a>')).toBe(0);
  });
});

describe('thinkFormat', () => {
  const reward = thinkFormat();
  const chat = { messages: [{ role: 'user', content: 'Is 7 a prime?' }] };
  const cases: [string, Partial<RewardInput>, string, number][] = [
    ['plain', {}, '<think>a</think> b', 1],
    ['plain, tag not opened', {}, 'a</think> b', 0],
    ['prefilled text', { prompt: 'Q\n<think>\n' }, 'a</think> b', 1],
    ['prefilled text, opened again', { prompt: 'Q\n<think>\n' }, '<think>a</think> b', 0],
    ['prefilled by the template', { ...chat, renderedPrompt: '<|assistant|><think>' }, 'a</think> b', 1],
    ['not prefilled by the template', { ...chat, renderedPrompt: '<|assistant|>' }, 'a</think> b', 0],
    ['thinking switched off', { ...chat, renderedPrompt: '<think>\n\n</think>\n\n' }, 'b', 1],
    ['thinking switched off, and on', { ...chat, renderedPrompt: '<think>\n\n</think>\n\n' }, '<think>a</think>b', 0],
    ['template not known', chat, 'a</think> b', 1],
    ['template not known, opened', chat, '<think>a</think> b', 1],
    ['empty', {}, '', 0],
    ['unclosed', {}, '<think>a', 0],
    ['no answer', {}, '<think>a</think> \n', 0],
    ['twice', {}, '<think>a</think><think>b</think> c', 0],
    ['something before', {}, 'Well, <think>a</think> b', 0],
  ];
  test.each(cases)('%s', (_, input, completion, score) => {
    expect(scoreOf(reward, completion, input)).toBe(score);
  });

  test('can be told', () => {
    expect(scoreOf(thinkFormat({ prefilled: true }), 'a</think> b')).toBe(1);
    expect(scoreOf(thinkFormat({ tag: 'reasoning' }), '<reasoning>a</reasoning> b')).toBe(1);
  });
});

test('lengthReward falls off on both sides; tokens count where they are known', () => {
  const reward = lengthReward({ min: 10, max: 20, falloff: 10 });
  const tokens = (count: number) => reward({ prompt: '', completion: '', completionIds: Array(count).fill(1) });
  expect([0, 5, 10, 20, 25, 40].map((count) => tokens(count).score)).toEqual([0, 0.5, 1, 1, 0.5, 0]);
  expect(tokens(12).reason).toBe('12 tokens');
  const guess = reward({ prompt: '', completion: 'x'.repeat(60) });
  expect(guess).toMatchObject({ score: 1, reason: expect.stringContaining('60 characters') });
});

test("overlongPenalty is DAPO's equation 13", () => {
  const reward = overlongPenalty({ maxLength: 20480, cache: 4096 });
  const at = (count: number) => reward({ prompt: '', completion: '', completionIds: Array(count).fill(1) }).score;
  expect([0, 16384, 17408, 18432, 20480, 30000].map(at)).toEqual([0, 0, -0.25, -0.5, -1, -1]);
  expect(() => overlongPenalty({ maxLength: 10, cache: 20 })).toThrow('0 < cache ≤ maxLength');
});

test('repetitionPenalty counts distinct n-grams', () => {
  const reward = repetitionPenalty({ n: 2 });
  expect(scoreOf(reward, 'one two three')).toBe(0);
  // Bigrams: go on, on and, and on, on and, and on: 3 of 5 are distinct.
  expect(scoreOf(reward, 'Go on and on and on')).toBeCloseTo(-0.4, 10);
  expect(scoreOf(reward, '')).toBe(0);
  expect(scoreOf(reward, 'a'.repeat(10_000))).toBeLessThan(-0.9);
  expect(scoreOf(reward, '你好'.repeat(100))).toBeLessThan(-0.9);
  expect(scoreOf(repetitionPenalty({ n: 1, maxPenalty: -0.5 }), 'a a a a')).toBeCloseTo(-0.375, 10);
  expect(() => repetitionPenalty({ maxPenalty: 1 })).toThrow('lowers the reward');
});

test('jsonFormat', () => {
  const schema = {
    type: 'object',
    required: ['n'],
    properties: { n: { type: 'integer' } },
    additionalProperties: false,
  };
  const reward = jsonFormat({ schema, unfit: 0.2 });
  expect(scoreOf(reward, '{"n": 1}')).toBe(1);
  expect(scoreOf(reward, 'Here:\n```json\n{"n": 1}\n```\nDone.')).toBe(1);
  expect(scoreOf(reward, '```\n{"n": 1}\n```')).toBe(1);
  expect(scoreOf(reward, '```json\n{"n": 1}')).toBe(0);
  expect(scoreOf(reward, '{"n": 1.5}')).toBe(0.2);
  expect(reward({ prompt: '', completion: '{"n": "1"}' }).reason).toContain('#/n');
  expect(scoreOf(reward, '{"n": 1, "m": 2}')).toBe(0.2);
  for (const text of ['', '{"n": 1', "{'n': 1}", '{"n": 1} {"n": 1}', 'n: 1']) expect(scoreOf(reward, text)).toBe(0);
  expect(scoreOf(jsonFormat(), '[1, 2]')).toBe(1);
  const deep = '['.repeat(200_000) + ']'.repeat(200_000);
  const nested = { $ref: '#/$defs/list', $defs: { list: { type: 'array', items: { $ref: '#/$defs/list' } } } };
  expect(scoreOf(jsonFormat({ schema: nested }), deep)).toBe(0);
});

test('regexMatch keeps no state, and can be turned round', () => {
  const reward = regexMatch(/(\d+) apples/g);
  expect([1, 2, 3].map(() => scoreOf(reward, '5 apples'))).toEqual([1, 1, 1]);
  expect(reward({ prompt: '', completion: '5 apples' }).extracted).toBe('5');
  expect(scoreOf(reward, 'apples')).toBe(0);
  expect(scoreOf(regexMatch(/sorry/i, { absent: true }), 'Sorry!')).toBe(0);
  expect(scoreOf(regexMatch(/sorry/i, { absent: true }), 'Here.')).toBe(1);
});

test('languageConsistency is the share of letters of a script', () => {
  const latin = languageConsistency({ writing: 'Latin' });
  expect(scoreOf(latin, 'Hello, wörld 1!')).toBe(1);
  expect(scoreOf(latin, 'abc где')).toBe(0.5);
  expect(scoreOf(latin, 'abc ```где```')).toBe(1);
  expect(scoreOf(latin, '123')).toBeNull();
  expect(scoreOf(latin, '')).toBeNull();
  const asPrompt = languageConsistency();
  expect(scoreOf(asPrompt, 'привет', { prompt: 'Скажи «hi».' })).toBe(1);
  expect(scoreOf(asPrompt, 'かな漢字', { prompt: '日本語でお願いします' })).toBe(1);
  expect(scoreOf(asPrompt, 'かな', { prompt: '请用中文回答' })).toBe(0);
  expect(scoreOf(asPrompt, 'anything', { prompt: '12?' })).toBeNull();
});

// A pattern that backtracks without end would take minutes for these; the whole of them takes a moment.
test('huge and hostile texts take linear time', { timeout: 20_000 }, () => {
  const size = 300_000;
  const texts = [
    '1,111'.repeat(size / 5),
    '1'.repeat(size),
    '-'.repeat(size),
    '1 '.repeat(size / 2),
    '1/'.repeat(size / 2),
  ];
  texts.push(' '.repeat(size), '<think>'.repeat(size / 7), '</think>'.repeat(size / 8), '\\boxed{'.repeat(size / 7));
  texts.push(
    '{'.repeat(size),
    '```'.repeat(size / 3),
    '```json\n'.repeat(size / 8),
    '"\\'.repeat(size / 2),
    'ab '.repeat(size / 3),
  );
  texts.push(
    '\\a'.repeat(size / 2),
    '.'.repeat(size),
    '1.'.repeat(size / 2),
    'not '.repeat(size / 4),
    '1e'.repeat(size / 2),
  );
  const rewards = [
    numericMatch(),
    tagFormat({ tags: ['think', 'answer'], strict: true }),
    thinkFormat(),
    overlongPenalty({ maxLength: 10, cache: 5 }),
    repetitionPenalty(),
    jsonFormat(),
    languageConsistency({ writing: 'Latin' }),
  ];
  for (const completion of texts)
    for (const reward of rewards) {
      const { score } = reward({ prompt: '', completion, answer: -5 });
      expect(score === null || Number.isFinite(score)).toBe(true);
    }
});

test.each([
  ['<think>5 + 7</think><answer>12</answer>', 1],
  ['<think>5 + 7</think><answer>12', 0.75],
  ['<think><think>5</think><answer>12</answer>', 0.75],
  ['12', 0],
])('tags are counted one by one: %s scores %d', (completion, score) => {
  expect(tagCount()({ prompt: '', completion }).score).toBe(score);
});

test.each([
  ['Step 1: add. Step 2: halve. Step 3: done.', 1],
  ['1. add\n2. halve', 2 / 3],
  ['First, add. Finally, halve.', 2 / 3],
  ['12', 0],
])('steps are counted as open-r1 does: %j scores %d', (completion, score) => {
  expect(reasoningSteps()({ prompt: '', completion }).score).toBe(score);
});

test.each([
  ['```python\nx = 1\n```', 1],
  ['```js\nx = 1\n```', 0],
  ['```python\n\n```', 0],
  ['```python\nx = 1', 0],
  ['x = 1', 0],
])('a code block is closed, and says its language: %j scores %d', (completion, score) => {
  expect(codeFormat({ language: 'python' })({ prompt: '', completion }).score).toBe(score);
});

test('code within a tag only', () => {
  const reward = codeFormat({ within: 'answer' });
  expect(reward({ prompt: '', completion: '<answer>\n```\nx\n```\n</answer>' }).score).toBe(1);
  expect(reward({ prompt: '', completion: '```\nx\n``` <answer>x</answer>' }).score).toBe(0);
});

test('a short correct answer earns more, a short wrong one less, as with TRL', () => {
  const reward = cosineLength({ correct: exactMatch({ extract: (text) => text[0] }), maxLength: 8 });
  const scores = (answer: string | null) =>
    [0, 2, 4, 8, 20].map(
      (length) => reward({ prompt: '', completion: 'a', completionIds: Array(length).fill(1), answer }).score,
    );
  const near = (values: number[]) => values.map((value) => expect.closeTo(value, 12));
  expect(scores('a')).toEqual(near([1, 0.75 + Math.SQRT2 / 8, 0.75, 0.5, 0.5]));
  expect(scores('b')).toEqual(near([-1, -0.75 - Math.SQRT2 / 8, -0.75, -0.5, -0.5]));
  expect(scores(null)).toEqual(Array(5).fill(null));
});
