import { freemem, totalmem } from 'node:os';
import { BadInput } from '../protocol/errors.ts';
import { formatGigabytes } from '../text/bytes.ts';

/** What loading models takes of a machine, and what it has left. */
export interface MemoryCost {
  /** How many models are in memory. */
  models: number;
  bytes: number;
  available: number;
  /** Whether a training of the same run goes on. */
  training: boolean;
}

/** Of the process besides weights: its code, compiled graphs, caches of a long answer. */
export const PROCESS_BYTES = 300e6;

/**
 * Memory that programs could get without others giving theirs up. macOS counts what it would drop at once, such as cached files, as used:
 * there, all of the machine's.
 */
export const freeMemory = (): number =>
  process.platform === 'darwin' ? totalmem() : (process.availableMemory?.() ?? freemem());

/** Throws BadInput where the models do not fit: the system would end a process, and which one is its choice. */
export function checkRoom({ models, bytes, available, training }: MemoryCost): void {
  if (bytes <= available) return;
  const what = models === 1 ? 'The model takes' : `${models} models take`;
  const beside = training ? ' beside the training' : '';
  const how = training ? 'wait until the training is done, or close other programs' : 'close other programs';
  throw new BadInput(
    `${what} about ${formatGigabytes(bytes)} of memory, and ${formatGigabytes(available)} are free${beside}; ${how}.`,
  );
}
