import { expect, test } from 'vitest';
import { BadInput, RunFailure } from '../../../../src/protocol/errors.ts';
import { problem } from '../../../../src/protocol/problem.ts';
import { receivedError, sentError } from '../../../../src/trainer/host/sent-error.ts';

const place = { file: 'C:\\my runs\\a: b.ts:3: x', line: 2, column: 7, path: ['rewards', 0] };

test.each([
  new BadInput('no "a\nb" in /a/b.ts:3: x', place, { remedy: { action: 'edit', from: 'a', to: 'b' } }),
  new BadInput(`too long: "${'x'.repeat(300)}"`),
  new RunFailure('npm failed.', { output: 'line\nline', place, kind: 'reward-failed' }),
  new RunFailure('Step 2: NaN.', { kind: 'diverged', remedy: { action: 'resume', step: 0, without: 1 } }),
])('an error is the same in another thread and in another process: $message', (error) => {
  const received = receivedError(structuredClone(sentError(error)));
  expect(received).toBeInstanceOf(error.constructor);
  expect(received.message).toBe(error.message);
  expect((received as typeof error).problem).toEqual(error.problem);
  expect(problem.parse(JSON.parse(JSON.stringify(error.problem)))).toEqual(error.problem);
});

test('one that nobody foresaw keeps its stack', () => {
  const error = new TypeError('x is not a function');
  const { message, stack } = receivedError(structuredClone(sentError(error)));
  expect([message, stack]).toEqual([error.message, error.stack]);
});
