/** What is advised when a GPU fails. */
import { expect, test } from 'vitest';
import { DeviceFailure } from '../../../src/engine/device-failure.ts';
import { OnnxEngine } from '../../../src/engine/onnx/engine.ts';
import { scalar } from '../../../src/engine/tree.ts';
import { RunFailure } from '../../../src/protocol/errors.ts';
import { withAdvice } from '../../../src/trainer/device-advice.ts';

/** An engine of which everything fails that its device has to do. */
function failing(error: Error) {
  const engine = new OnnxEngine();
  const fail = () => Promise.reject(error);
  Object.assign(engine, { upload: fail, download: fail, toHalf: fail, compile: () => ({ run: fail, dispose: fail }) });
  return withAdvice(engine);
}

const tooLarge = new DeviceFailure('out-of-memory', { cause: new Error('no'), refusedBytes: 1.1e9 });

test.each(['upload', 'download', 'toHalf'] as const)('too little memory for %s: what to lower', async (method) => {
  const work = failing(tooLarge)[method]({ x: scalar(1) });
  await expect(work).rejects.toThrow(RunFailure);
  await expect(work).rejects.toThrow(/too little memory .*refused 1\.1 GB.*"maxCompletionLength".*"lora"/);
});

test('a device that is lost during a run can be resumed from', async () => {
  const engine = failing(new DeviceFailure('lost', { cause: new Error('[Device] is lost.') }));
  const failure = engine.compile('nothing', () => ({})).run({});
  await expect(failure).rejects.toThrow(/^The GPU was lost.*Resume/);
});

test('other errors stay as they are', async () => {
  const error = new Error('Non-zero status code returned while running Gemm node');
  await expect(failing(error).upload({})).rejects.toBe(error);
});
