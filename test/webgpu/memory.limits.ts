/** What a GPU refuses. */
import { expect, test } from 'vitest';
import { OnnxEngine } from '../../src/engine/onnx/engine.ts';
import { floats } from '../../src/engine/tree.ts';
import { RunFailure } from '../../src/protocol/errors.ts';
import { withAdvice } from '../../src/trainer/device-advice.ts';

// SwiftShader gives 1 GiB in one piece.
test('more memory than it has in one piece is a failure that says what to lower', async () => {
  const tooLarge = floats(new Float32Array(2 ** 28 + 1024));
  const upload = withAdvice(new OnnxEngine('webgpu')).upload({ tooLarge });
  await expect(upload).rejects.toThrow(RunFailure);
  await expect(upload).rejects.toThrow(/too little memory .*refused 1\.1 GB.*"maxCompletionLength".*"lora"/);
});
