import { ints, type NdArray } from '../engine/tree.ts';

/** A prompt and its completion as token ids. */
export interface Sequence {
  promptIds: number[];
  completionIds: number[];
}

/** `prompts` groups of `group` completions, and the padded lengths that attention works on. */
export interface BatchShape {
  prompts: number;
  group: number;
  promptLength: number;
  completionLength: number;
}

/** Host's side of `SequenceTensors`, which says what they mean. */
export type SequenceArrays = {
  ids: NdArray;
  positions: NdArray;
  cells: NdArray;
  promptTokens: NdArray;
  completionTokens: NdArray;
  promptLengths: NdArray;
  targets: { ids: NdArray; sources: NdArray; cells: NdArray };
  completionTargets: NdArray;
};

/** The compiled lengths that hold every sequence. */
export function batchLengths(sequences: readonly Sequence[]): Pick<BatchShape, 'promptLength' | 'completionLength'> {
  return {
    promptLength: compiledLength(sequences.map(({ promptIds }) => promptIds.length)),
    completionLength: compiledLength(sequences.map(({ completionIds }) => completionIds.length)),
  };
}

/** Powers of two, because a graph is compiled for each length that a run meets, and little of the work pads to them. */
const compiledLength = (lengths: number[]): number => 2 ** Math.ceil(Math.log2(Math.max(SHORTEST, ...lengths)));

const SHORTEST = 32;

/** What a padded place holds that stands for no token. */
const PADDING = -1;

/**
 * Lays out sequences, the completions of one prompt after another, so that every token is computed once: a prompt's tokens once for
 * its whole group, and no padding. Missing rows at the end are left empty.
 */
export function layOutSequences(sequences: readonly Sequence[], shape: BatchShape): SequenceArrays {
  const { prompts, group, promptLength, completionLength } = shape;
  const rows = prompts * group;
  const ids: number[] = [];
  const positions: number[] = [];
  const cells: number[] = [];
  const promptTokens = new Int32Array(prompts * promptLength).fill(PADDING);
  const completionTokens = new Int32Array(rows * completionLength).fill(PADDING);
  const promptLengths = new Int32Array(prompts).fill(1);
  const completionTargets = new Int32Array(rows * completionLength).fill(PADDING);
  const targets = { ids: [] as number[], sources: [] as number[], cells: [] as number[] };

  const addToken = (id: number, position: number, cell: number): number => {
    positions.push(position);
    cells.push(cell);
    return ids.push(id) - 1;
  };
  const lastOfPrompt = Array.from({ length: prompts }, (_, prompt) => {
    const promptIds = sequences[prompt * group]?.promptIds ?? [];
    promptLengths[prompt] = Math.max(1, promptIds.length);
    promptIds.forEach((id, position) => {
      const cell = prompt * promptLength + position;
      promptTokens[cell] = addToken(id, position, cell);
    });
    return ids.length - 1;
  });
  sequences.forEach(({ promptIds, completionIds }, row) => {
    let source = lastOfPrompt[Math.floor(row / group)]!;
    completionIds.forEach((id, index) => {
      const cell = row * completionLength + index;
      completionTargets[cell] = targets.ids.length;
      targets.ids.push(id);
      targets.sources.push(source);
      targets.cells.push(cell);
      // The last token predicts nothing.
      if (index + 1 === completionIds.length) return;
      source = addToken(id, promptIds.length + index, prompts * promptLength + cell);
      completionTokens[cell] = source;
    });
  });
  return {
    ids: open('tokens', ids),
    positions: open('tokens', positions),
    cells: open('tokens', cells),
    promptTokens: ints(promptTokens, [prompts, promptLength]),
    completionTokens: ints(completionTokens, [rows, completionLength]),
    promptLengths: ints(promptLengths),
    targets: {
      ids: open('targets', targets.ids),
      sources: open('targets', targets.sources),
      cells: open('targets', targets.cells),
    },
    completionTargets: ints(completionTargets, [rows, completionLength]),
  };
}

const open = (name: 'tokens' | 'targets', values: number[]): NdArray => ({ ...ints(values), open: [name] });

/** Token ids of several lengths side by side, padded with 0 to a compiled size: int32 [rows, length]. */
export function padRight(rows: readonly number[][]): NdArray {
  const length = compiledLength(rows.map((row) => row.length));
  const ids = new Int32Array(rows.length * length);
  rows.forEach((row, index) => {
    ids.set(row, index * length);
  });
  return ints(ids, [rows.length, length]);
}
