/** The messages about a GPU without float16. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { grpo } from '../integration/cli/run-grpo.ts';
import { tinyWorkspace } from '../integration/training/workspace.ts';

// SwiftShader has none.
describe('a GPU without float16', () => {
  test('is bad input for a run that asks for it, before the model is loaded', async () => {
    const config = join(tinyWorkspace({ device: 'webgpu', fp16: true }), 'run.grpo.json');
    const { status, stderr } = await grpo(['train', config]);
    expect(stderr).toMatch(
      /run\.grpo\.json:1:\d+: "fp16" needs a GPU .* \(WebGPU's shader-f16\): the GPU, or its driver, has no float16; set "fp16" to false\.$/m,
    );
    expect(status).toBe(2);
  });

  test('is told by doctor', async () => {
    const { stdout } = await grpo(['doctor']);
    expect(stdout).toMatch(/device webgpu +works: .* ms; float16: no, the GPU, or its driver, has no float16/);
  });
});
