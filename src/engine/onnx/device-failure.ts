import { DeviceFailure } from '../device-failure.ts';

/** What ONNX Runtime and Dawn say when they cannot allocate a buffer; "Invalid Buffer" is the later use of one that they could not. */
const OUT_OF_MEMORY = /out of memory|OutOfMemory|failed to create GPU buffer|max buffer size limit|Invalid Buffer/i;
/** Dawn: "[Device] is lost." */
const LOST = /\bdevice\]? (is |was )?lost/i;

/** A failure of the runtime as a `DeviceFailure` where it is known to be one, else as it is. */
export function deviceFailure(cause: unknown): unknown {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (LOST.test(message)) return new DeviceFailure('lost', { cause });
  if (!OUT_OF_MEMORY.test(message)) return cause;
  const size = /Buffer size \((\d+)\)/i.exec(message)?.[1];
  return new DeviceFailure('out-of-memory', { cause, ...(size && { refusedBytes: Number(size) }) });
}
