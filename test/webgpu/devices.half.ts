/** What is said of a GPU that computes in float16. */
import { expect, test } from 'vitest';
import { grpo } from '../integration/cli/run-grpo.ts';

test('doctor says that it does', async () => {
  const { stdout } = await grpo(['doctor']);
  expect(stdout).toMatch(/device webgpu +works: .* ms; float16: yes/);
});
