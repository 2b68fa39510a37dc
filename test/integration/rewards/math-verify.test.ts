/** mathMatch judges answers as Hugging Face's math-verify does; where it does not, the list below says who is right. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mathMatch } from '../../../src/rewards/library.ts';
import { type MathPair, mathPairs } from './math-pairs.ts';

const REFERENCES = join(import.meta.dirname, '../../references');
/** Set GRPO_TEST_PYTHON to an interpreter that has what test/references/requirements.txt says. */
const python = process.env.GRPO_TEST_PYTHON ?? 'python3';
const missing = spawnSync(python, ['-c', 'import math_verify']).status !== 0;
if (missing)
  console.log(`Skipped: ${python} has no math-verify, so mathMatch was not compared with it (set GRPO_TEST_PYTHON).`);

const reward = mathMatch();
const isRight = ({ expected, answer }: MathPair): boolean =>
  reward({ prompt: '', completion: `\\boxed{${answer}}`, answer: expected }).score === 1;
const pairs = mathPairs(4);

/** Where math-verify 0.9 differs, and the pairs say that it is wrong. */
const THEIR_MISTAKES: Record<string, string> = {
  pi: '"6pi/12" is read as the product of p, i and 6/12',
  inequality: '"2x ≤ 36" is not taken for "x ≤ 18"',
  complex: '"2 + 5 i", with a space, is read with a symbol i',
};

test('equal answers are accepted, and others are not', () => {
  expect(pairs.length).toBeGreaterThan(500);
  expect(pairs.filter((pair) => isRight(pair) !== pair.equal)).toEqual([]);
});

test.skipIf(missing)('math-verify says the same of 97 %', () => {
  const input = pairs.map(({ expected, answer }) => `${JSON.stringify([expected, answer])}\n`).join('');
  const { stdout, stderr } = spawnSync(python, [join(REFERENCES, 'math_verify_verdicts.py')], {
    input,
    encoding: 'utf8',
  });
  const verdicts: boolean[] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(verdicts.length, stderr).toBe(pairs.length);
  const different = pairs.filter((pair, i) => isRight(pair) !== verdicts[i]);
  expect(different.filter(({ kind }) => !(kind in THEIR_MISTAKES))).toEqual([]);
  expect(1 - different.length / pairs.length).toBeGreaterThan(0.97);
});
