/** What a GPU's failures are told as. The messages are those of ONNX Runtime 1.30 and its Dawn, seen when a Vulkan layer lost the device. */
import { expect, test } from 'vitest';
import { deviceFailure } from '../../../src/engine/onnx/device-failure.ts';
import { RunFailure } from '../../../src/protocol/errors.ts';

test('a lost device can be resumed from', () => {
  const error = new Error(
    'buffer_manager.cc:641 map_async_result.status == wgpu::MapAsyncStatus::Success was false. Failed to download data from buffer. wgpu::MapAsyncStatus value: 4, message: [Device] is lost.',
  );
  const failure = deviceFailure(error);
  expect(failure).toBeInstanceOf(RunFailure);
  expect(failure).toMatchObject({ message: expect.stringMatching(/GPU was lost.*Resume/), cause: error });
});

test('what is not known stays as it is', () => {
  const error = new Error('Non-zero status code returned while running Gemm node');
  expect(deviceFailure(error)).toBe(error);
});
