/** How a GPU's failures are recognized. The messages are those of ONNX Runtime 1.30 and its Dawn, seen when a Vulkan layer lost the device. */
import { expect, test } from 'vitest';
import { DeviceFailure } from '../../../src/engine/device-failure.ts';
import { deviceFailure } from '../../../src/engine/onnx/device-failure.ts';

test('a lost device', () => {
  const error = new Error(
    'buffer_manager.cc:641 map_async_result.status == wgpu::MapAsyncStatus::Success was false. Failed to download data from buffer. wgpu::MapAsyncStatus value: 4, message: [Device] is lost.',
  );
  const failure = deviceFailure(error);
  expect(failure).toBeInstanceOf(DeviceFailure);
  expect(failure).toMatchObject({ kind: 'lost', refusedBytes: undefined, cause: error });
});

test('a buffer that is too large, with its size', () => {
  const error = new Error('Buffer size (3221225472) exceeds the max buffer size limit (1073741824).');
  expect(deviceFailure(error)).toMatchObject({ kind: 'out-of-memory', refusedBytes: 3221225472, cause: error });
});

test('an unknown failure stays as it is', () => {
  const error = new Error('Non-zero status code returned while running Gemm node');
  expect(deviceFailure(error)).toBe(error);
});
