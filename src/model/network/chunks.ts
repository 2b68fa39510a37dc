/** The gated delta rule over sequences, which are cut into chunks of tokens, one after another. A way for each layout of tokens. */
import {
  add,
  cast,
  expandDims,
  greaterEqual,
  less,
  mul,
  range,
  reshape,
  scalar,
  slice,
  type Tensor,
  type Tensor1D,
  transpose,
  zeros,
} from '@tensorflow/tfjs-core';
import { type ArraysOf, ints, leaveOpen, type OpenSize } from '../../engine/tree.ts';
import type { GatedDeltaNet } from '../config.ts';
import type { Grid } from './attention.ts';
import { CHUNK, chunkedDeltaRule, type DeltaInputs } from './delta-rule.ts';
import { collect, spread } from './padding.ts';

/** Chunks of prompts, [chunks, prompts, CHUNK], and of their completions, [chunks, prompts, group, CHUNK]. */
export interface Chunks {
  [name: string]: Grid;
  prompts: Grid;
  completions: Grid;
}

/** A grid [..., length] of tokens in chunks, [chunks, ..., CHUNK]; `chunks` is what their number is called. */
export function chunkGrid(grid: ArraysOf<Grid>, chunks: string): ArraysOf<Grid> {
  const { shape, data, open } = grid.tokens;
  const length = shape.at(-1)!;
  const rows = shape.slice(0, -1);
  const count = data.length / length;
  const steps = Math.ceil(length / CHUNK);
  const tokens = new Int32Array(steps * count * CHUNK).fill(-1);
  const cells = new Int32Array(grid.cells.data.length).fill(-1);
  data.forEach((token, at) => {
    if (token < 0) return;
    const [row, column] = [Math.floor(at / length), at % length];
    const cell = (Math.floor(column / CHUNK) * count + row) * CHUNK + (column % CHUNK);
    tokens[cell] = token;
    cells[token] = cell;
  });
  const sizes = [chunks, ...(open as OpenSize[]).slice(0, -1)];
  return {
    tokens: leaveOpen(ints(tokens, [steps, ...rows, CHUNK]), sizes),
    cells: leaveOpen(ints(cells), ['tokens']),
  };
}

/** Of groups of completions, which start in the states that their prompts end in. */
export function groupDeltaRule(mixer: GatedDeltaNet, inputs: DeltaInputs, { prompts, completions }: Chunks): Tensor {
  const { valueHeads, keyWidth, valueWidth } = mixer;
  const [, count, group] = completions.tokens.shape as [number, number, number];
  const ofPrompts = ruleInGrid(inputs, prompts, count, fresh(mixer, prompts.tokens, count));
  // The same for each completion: zeros bring in how many there are.
  const each = mul(cast(slice(completions.tokens, [0, 0, 0, 0], [1, -1, -1, 1]), 'float32'), 0); // [1, prompts, group, 1]
  const size = valueHeads * keyWidth * valueWidth;
  const repeated = add(reshape(ofPrompts.state, [count, 1, size]), reshape(each, [count, group, 1]));
  const states = reshape(repeated, [count * group * valueHeads, keyWidth, valueWidth]);
  const ofCompletions = ruleInGrid(inputs, completions, count * group, states);
  return add(ofPrompts.outputs, ofCompletions.outputs);
}

/** Of tokens that are in the grid; of others the outputs are 0. */
function ruleInGrid(inputs: DeltaInputs, { tokens, cells }: Grid, rows: number, state: Tensor) {
  const flat = reshape(tokens, [-1]) as Tensor1D;
  const chunks = tokens.shape[0]!;
  const places = { tokens: flat, cells };
  const isThere = reshape(cast(greaterEqual(flat, scalar(0, 'int32')), 'float32'), [chunks, rows, CHUNK, 1]);
  const toCells = (x: Tensor) => {
    const [count, ...rest] = x.shape as [number, ...number[]];
    const flatRows = reshape(x, [count, rest.reduce((product, size) => product * size, 1)]);
    return reshape(spread(flatRows, places), [chunks, rows, CHUNK, ...rest]);
  };
  const result = chunkedDeltaRule(
    {
      queries: toCells(inputs.queries),
      keys: toCells(inputs.keys),
      values: toCells(inputs.values),
      decay: mul(toCells(inputs.decay), isThere),
      beta: mul(toCells(inputs.beta), isThere),
    },
    state,
  );
  const [heads, width] = inputs.values.shape.slice(1) as [number, number];
  const outputs = collect(reshape(result.outputs, [chunks * rows * CHUNK, heads * width]), places);
  return { outputs: reshape(outputs, [-1, heads, width]), state: result.state };
}

/** Zeros, [rows · heads, keyWidth, valueWidth], for rows of tokens [chunks, rows, CHUNK]. */
function fresh({ valueHeads, keyWidth, valueWidth }: GatedDeltaNet, tokens: Tensor, rows: number): Tensor {
  const each = reshape(mul(cast(slice(tokens, [0, 0, 0], [1, -1, 1]), 'float32'), 0), [rows, 1, 1]);
  return reshape(add(each, zeros([1, valueHeads, keyWidth * valueWidth])), [rows * valueHeads, keyWidth, valueWidth]);
}

/** Of sequences side by side, [sequences · length, heads, width], padded at the right; and the state at the end of each. */
export function deltaRuleInGrid(inputs: DeltaInputs, lengths: Tensor1D): { outputs: Tensor; state: Tensor } {
  const [sequences] = lengths.shape;
  const [tokens, heads, width] = inputs.values.shape as [number, number, number];
  const keyWidth = inputs.keys.shape[2]!;
  const length = tokens / sequences;
  const size = Math.min(CHUNK, length);
  const chunks = length / size;
  const columns = expandDims(range(0, length, 1, 'int32'), 0);
  const isThere = cast(less(columns, expandDims(lengths, 1)), 'float32'); // [sequences, length]
  const hidden = (x: Tensor) => reshape(mul(reshape(x, [sequences, length, heads]), expandDims(isThere, 2)), x.shape);
  const inChunks = (x: Tensor) => {
    const rest = x.shape.slice(1);
    const flat = reshape(x, [sequences, chunks, size, rest.reduce((product, each) => product * each, 1)]);
    return reshape(transpose(flat, [1, 0, 2, 3]), [chunks, sequences, size, ...rest]);
  };
  const result = chunkedDeltaRule(
    {
      queries: inChunks(inputs.queries),
      keys: inChunks(inputs.keys),
      values: inChunks(inputs.values),
      decay: inChunks(hidden(inputs.decay)),
      beta: inChunks(hidden(inputs.beta)),
    },
    zeros([sequences * heads, keyWidth, width]),
  );
  const flat = reshape(result.outputs, [chunks, sequences, size, heads * width]);
  return {
    outputs: reshape(transpose(flat, [1, 0, 2, 3]), [tokens, heads, width]),
    state: reshape(result.state, [sequences, heads, keyWidth, width]),
  };
}
