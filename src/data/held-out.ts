import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import { permutation } from './random.ts';

/**
 * Holds out part of a dataset for evaluation: `share` below 1 is a fraction of the rows, rounded up as `datasets`' train_test_split does,
 * otherwise their number. Which ones depends on the seed and the number of rows alone; both parts keep the rows' order. Throws BadInput at `at` where
 * a part would have no rows.
 */
export function holdOut<Row>(
  rows: readonly Row[],
  share: number,
  seed: number,
  at: SourceLocation | undefined,
): { train: Row[]; heldOut: Row[] } {
  const count = share < 1 ? Math.ceil(share * rows.length) : share;
  if (count >= rows.length)
    throw new BadInput(
      `"evalSplit" holds out ${count} of the dataset's ${rows.length} rows, which leaves none to train on; lower it.`,
      at,
    );
  const chosen = new Set(permutation(seed, ['evalSplit'], rows.length).slice(0, count));
  return {
    train: rows.filter((_, index) => !chosen.has(index)),
    heldOut: rows.filter((_, index) => chosen.has(index)),
  };
}
