import { type ArraysOf, ints, leaveOpen, type NdArray, type OpenSize } from '../../engine/tree.ts';
import { isAttention, type Mixer, type ModelConfig } from '../config.ts';
import { checkPromptLength } from '../prompt-length.ts';
import type { Grid } from './attention.ts';
import { chunkGrid } from './chunks.ts';
import type { SequenceTensors } from './completion-logprobs.ts';
import type { PlacesInResponses } from './positions.ts';
import { rotaryArrays } from './rotary.ts';

/** A prompt and its completion as token ids. */
export interface Sequence {
  promptIds: number[];
  completionIds: number[];
}

/** Host's side of `SequenceTensors`, which says what they mean. */
export type SequenceArrays = ArraysOf<SequenceTensors>;

/** A size for all of these lengths. Powers of two, because a graph is compiled for each. */
const compiledLength = (lengths: number[]): number => 2 ** Math.ceil(Math.log2(Math.max(SHORTEST, ...lengths)));

const SHORTEST = 32;

/** The open size of an axis with a row per sequence. */
export const ROWS: OpenSize = ['prompts', 'group'];

/** No token in a cell of a grid, or no cell for a token. */
const NONE = -1;

/** Values per completion token are in rows of this length. */
export const longestCompletion = (sequences: readonly Sequence[]): number =>
  Math.max(1, ...sequences.map(({ completionIds }) => completionIds.length));

/**
 * Lays out sequences, of which each `group` in a row share a prompt, so that every token is computed once: a prompt's tokens once for its whole
 * group, and no padding. Attention pads prompts and completions to the longest of these here. All sizes are open.
 */
export function layOutSequences(sequences: readonly Sequence[], group: number, config: ModelConfig): SequenceArrays {
  const rows = sequences.length;
  const width = longestCompletion(sequences);
  const promptIds = sequences.filter((_, row) => row % group === 0).map((first) => first.promptIds);
  // The last token of a completion predicts nothing, so that the model need not read it.
  const readIds = sequences.map(({ completionIds }) => completionIds.slice(0, -1));
  const prompts = new GridArrays(promptIds);
  const completions = new GridArrays(readIds);
  const ids: number[] = [];
  const positions: number[] = [];
  const previous: number[] = [];
  const completionTargets = new Int32Array(rows * width).fill(NONE);
  const targets = { ids: [] as number[], sources: [] as number[], cells: [] as number[] };

  const addToken = (id: number, position: number, before: number): number => {
    positions.push(position);
    previous.push(before);
    return ids.push(id) - 1;
  };
  const lastOfPrompt = promptIds.map((tokens, row) => {
    tokens.forEach((id, column) => {
      prompts.put(addToken(id, column, column === 0 ? NONE : ids.length - 1), row, column);
    });
    return ids.length - 1;
  });
  sequences.forEach(({ promptIds, completionIds }, row) => {
    let source = lastOfPrompt[Math.floor(row / group)]!;
    completionIds.forEach((id, column) => {
      const cell = row * width + column;
      completionTargets[cell] = targets.ids.length;
      targets.ids.push(id);
      targets.sources.push(source);
      targets.cells.push(cell);
      if (column === readIds[row]!.length) return;
      source = addToken(id, promptIds.length + column, source);
      completions.put(source, row, column);
    });
  });
  const promptGrid = prompts.arrays(ids.length, { prompts: promptIds.length }, 'promptLength');
  const completionGrid = completions.arrays(ids.length, { prompts: promptIds.length, group }, 'completionLength');
  const has = (isOf: (mixer: Mixer) => boolean) => config.layers.some(({ mixer }) => isOf(mixer));
  return {
    ids: open('tokens', ids),
    positions: open('tokens', positions),
    ...(has((mixer) => !isAttention(mixer)) && { previous: open('tokens', previous) }),
    rotary: rotaryArrays(config, Math.max(...sequences.map((one) => one.promptIds.length + one.completionIds.length))),
    prompts: {
      ...promptGrid,
      lengths: leaveOpen(ints(promptIds.map((tokens) => tokens.length)), ['prompts']),
    },
    completions: completionGrid,
    ...(has(({ kind }) => kind === 'gated-delta-net') && {
      chunks: {
        prompts: chunkGrid(promptGrid, 'promptChunks'),
        completions: chunkGrid(completionGrid, 'completionChunks'),
      },
    }),
    targets: {
      ids: open('targets', targets.ids),
      sources: open('targets', targets.sources),
      cells: open('targets', targets.cells),
    },
    completionTargets: leaveOpen(ints(completionTargets, [rows, width]), [ROWS, 'longestCompletion']),
    ...(config.positions && { places: placesInResponses(sequences, promptIds, group, config) }),
  };
}

/** Where each completion token is in the response that it is of. */
function placesInResponses(
  sequences: readonly Sequence[],
  promptIds: number[][],
  group: number,
  config: ModelConfig,
): ArraysOf<PlacesInResponses> {
  const { promptLength, responseLength } = config.positions!;
  for (const { length } of promptIds) checkPromptLength(config, length);
  const cells = sequences.flatMap(({ completionIds }, row) =>
    completionIds.map((_, column) => Math.floor(row / group) * responseLength + column),
  );
  const prompts = ints(promptIds.flat(), [promptIds.length, promptLength]);
  return { prompts: leaveOpen(prompts, ['prompts']), cells: open('targets', cells) };
}

/** Host's side of a `Grid`, exactly as long as the longest of its lists of tokens. */
class GridArrays {
  readonly #length: number;
  readonly #tokens: Int32Array;
  readonly #cells = new Map<number, number>();

  constructor(lists: readonly number[][]) {
    this.#length = Math.max(1, ...lists.map((list) => list.length));
    this.#tokens = new Int32Array(lists.length * this.#length).fill(NONE);
  }

  put(token: number, row: number, column: number): void {
    const cell = row * this.#length + column;
    this.#tokens[cell] = token;
    this.#cells.set(token, cell);
  }

  /** `rows` are the sizes that its rows have, `length` is what columns are called. */
  arrays(tokens: number, rows: Record<string, number>, length: string): ArraysOf<Grid> {
    const cells = Array.from({ length: tokens }, (_, token) => this.#cells.get(token) ?? NONE);
    const sizes = { ...rows, [length]: this.#length };
    const grid = ints(this.#tokens, Object.values(sizes));
    return { tokens: leaveOpen(grid, Object.keys(sizes)), cells: open('tokens', cells) };
  }
}

const open = (name: string, values: number[]): NdArray => leaveOpen(ints(values), [name]);

/** Token ids of several lengths side by side, padded with 0 to a compiled size: int32 [rows, length]. */
export function padRight(rows: readonly number[][]): NdArray {
  const length = compiledLength(rows.map((row) => row.length));
  const ids = new Int32Array(rows.length * length);
  rows.forEach((row, index) => {
    ids.set(row, index * length);
  });
  return ints(ids, [rows.length, length]);
}
