import { ints, type NdArray } from '../engine/tree.ts';
import { bucket } from './buckets.ts';

/** A prompt and its completion as token ids. */
export interface Sequence {
  promptIds: number[];
  completionIds: number[];
}

export type SequenceArrays = { ids: NdArray; promptLengths: NdArray; completionIds: NdArray };

/** Common sizes of a batch, in tokens. */
export interface BatchSize {
  length: number;
  completionLength: number;
}

/** The compiled sizes that hold every sequence. */
export function batchSize(sequences: readonly Sequence[]): BatchSize {
  const longest = (size: (sequence: Sequence) => number) => bucket(Math.max(1, ...sequences.map(size)));
  return {
    length: longest(({ promptIds, completionIds }) => promptIds.length + completionIds.length),
    completionLength: longest(({ completionIds }) => completionIds.length),
  };
}

/** Lays sequences out as `SequenceTensors` of `rows` rows; missing rows are left empty. */
export function batchSequences(
  sequences: readonly Sequence[],
  rows = sequences.length,
  { length, completionLength } = batchSize(sequences),
): SequenceArrays {
  const ids = new Int32Array(rows * length);
  const promptLengths = new Int32Array(rows).fill(1);
  const completionIds = new Int32Array(rows * completionLength);
  sequences.forEach((sequence, row) => {
    ids.set([...sequence.promptIds, ...sequence.completionIds], row * length);
    promptLengths[row] = sequence.promptIds.length;
    completionIds.set(sequence.completionIds, row * completionLength);
  });
  return {
    ids: ints(ids, [rows, length]),
    promptLengths: ints(promptLengths),
    completionIds: ints(completionIds, [rows, completionLength]),
  };
}

/** Token ids of several lengths side by side, padded with 0 to a compiled size: int32 [rows, length]. */
export function padRight(rows: readonly number[][]): NdArray {
  const length = bucket(Math.max(1, ...rows.map((row) => row.length)));
  const ids = new Int32Array(rows.length * length);
  rows.forEach((row, index) => {
    ids.set(row, index * length);
  });
  return ints(ids, [rows.length, length]);
}
