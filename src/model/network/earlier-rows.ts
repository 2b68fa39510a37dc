/** What convolutions need: of each token, the rows of some tokens before it in its sequence. A way for each layout of tokens. */
import {
  add,
  cast,
  concat,
  expandDims,
  gather,
  greaterEqual,
  maximum,
  mul,
  pad,
  range,
  reshape,
  scalar,
  slice,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { gatherRows } from '../../engine/fused/gather-rows.ts';

/** Rows, the oldest first, and what generation keeps of a sequence for the rows after it: its last ones, [sequences, count, channels]. */
interface EarlierRows {
  rows: Tensor2D[];
  state: Tensor;
}

/** Of tokens in any order; `previous` int32 [tokens] is the token before each, -1 for the first of a sequence. */
export function rowsBefore(x: Tensor2D, previous: Tensor1D, count: number): Tensor2D[] {
  const isThere = expandDims(cast(greaterEqual(previous, scalar(0, 'int32')), 'float32'), 1);
  const at = maximum(previous, scalar(0, 'int32')) as Tensor1D;
  const rows: Tensor2D[] = [];
  for (let latest = x; rows.length < count; rows.unshift(latest)) latest = mul(gatherRows(latest, at), isThere);
  return rows;
}

/** Of sequences side by side, x [sequences · length, channels], whose padding is at the right; `lengths` int32 [sequences] are without it. */
export function rowsBeforeInGrid(x: Tensor2D, lengths: Tensor1D, count: number): EarlierRows {
  const [sequences] = lengths.shape;
  const channels = x.shape[1];
  const length = x.shape[0] / sequences;
  const padded = pad(reshape(x, [sequences, length, channels]), [
    [0, 0],
    [count, 0],
    [0, 0],
  ]);
  const shifted = (by: number): Tensor2D =>
    reshape(slice(padded, [0, by, 0], [sequences, length, channels]), [sequences * length, channels]);
  // The rows before a sequence's end start, counted with the padding, at its length.
  const starts = add(range(0, sequences * (length + count), length + count, 'int32'), lengths); // [sequences]
  const places = add(expandDims(starts, 1), expandDims(range(0, count, 1, 'int32'), 0)); // [sequences, count]
  const last = gather(reshape(padded, [-1, channels]), reshape(places, [sequences * count]) as Tensor1D);
  return {
    rows: Array.from({ length: count }, (_, by) => shifted(by)),
    state: reshape(last, [sequences, count, channels]),
  };
}

/** Of one token for each sequence, x [sequences, channels], from the state that was kept. */
export function rowsBeforeInState(x: Tensor2D, state: Tensor): EarlierRows {
  const [sequences, count, channels] = state.shape as [number, number, number];
  const rows = Array.from(
    { length: count },
    (_, at): Tensor2D => reshape(slice(state, [0, at, 0], [-1, 1, -1]), [sequences, channels]),
  );
  return {
    rows,
    state: concat(
      [...rows.slice(1), x].map((row) => expandDims(row, 1)),
      1,
    ),
  };
}
