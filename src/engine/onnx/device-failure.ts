import { RunFailure } from '../../protocol/errors.ts';

/** What ONNX Runtime and Dawn say when a buffer cannot be had; "Invalid Buffer" is one that could not be, when it comes to be used. */
const OUT_OF_MEMORY = /out of memory|OutOfMemory|failed to create GPU buffer|max buffer size limit|Invalid Buffer/i;
/** Dawn: "[Device] is lost." */
const LOST = /\bdevice\]? (is |was )?lost/i;

/** The same failure of a GPU, with what can be done about it where that is known. */
export function deviceFailure(error: unknown): unknown {
  const message = error instanceof Error ? error.message : String(error);
  if (LOST.test(message))
    return new RunFailure(
      'The GPU was lost: its driver was reset, or the machine slept. Resume the run from its last checkpoint.',
      { cause: error },
    );
  if (OUT_OF_MEMORY.test(message)) {
    const size = /Buffer size \((\d+)\)/i.exec(message)?.[1];
    const what = size ? ` (it refused ${(Number(size) / 1e9).toFixed(1)} GB in one piece)` : '';
    return new RunFailure(
      `The GPU has too little memory for this${what}. Lower "maxCompletionLength", "numGenerations" or "promptsPerStep", train with "lora", or set "device" to "cpu".`,
      { cause: error },
    );
  }
  return error;
}
