import { resolve } from 'node:path';
import { setUpTensorflow } from '../engine/tensorflow/set-up/set-up.ts';
import { storageFolder } from '../files/storage-folder.ts';
import { TENSORFLOW_FOLDER } from '../protocol/set-up-places.ts';
import { writeFailure } from '../run-folder/atomic-write.ts';
import type { CommandOf } from './commands.ts';
import { print, printJson } from './output.ts';
import { INTERRUPTED } from './terminal.ts';

/** `grpo setup-tensorflow`: leaves a tfjs-node where runs with device "tensorflow" find it, or nothing when it fails or is interrupted. */
export async function setupTensorflowCommand(options: CommandOf<'setup-tensorflow'>): Promise<number> {
  const { prebuilt, python, json } = options;
  const into = options.into === undefined ? storageFolder(TENSORFLOW_FOLDER) : resolve(options.into);
  const cancelling = new AbortController();
  const cancel = () => cancelling.abort();
  process.once('SIGINT', cancel);
  process.once('SIGTERM', cancel);
  const onProgress = (message: string) => (json ? printJson({ message }) : print(`${message} …`));
  try {
    const { signal } = cancelling;
    const { on } = await setUpTensorflow({
      into,
      prebuilt,
      signal,
      onProgress,
      ...(python !== undefined && { python }),
    });
    if (json) printJson({ folder: into, on });
    else print(`It works, with ${on}. Installed in ${into}.`);
    return 0;
  } catch (error) {
    if (!cancelling.signal.aborted) throw writeFailure(into, error, 'folder with --into');
    return INTERRUPTED;
  } finally {
    process.off('SIGINT', cancel);
    process.off('SIGTERM', cancel);
  }
}
