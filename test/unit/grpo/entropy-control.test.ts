/** As in TRL 1.16's `_compute_loss`; several updates of its own are in test/integration/training/reference.test.ts. */
import { expect, test } from 'vitest';
import { appliedEntropyCoef, type EntropyControl, nextEntropyControl } from '../../../src/grpo/entropy-control.ts';

const options = {
  entropyCoef: 0.1,
  entropyCoefMin: 0.05,
  entropyCoefMax: 0.2,
  entropyCoefDelta: 0.06,
  entropyTarget: 2,
};

test('the bonus grows while there is too little entropy, within its bounds, and applies only then', () => {
  const entropies = [3, 1, 2, 1, 1, 2.5, 2.5, 2.5];
  let control: EntropyControl | undefined;
  const seen = entropies.map((entropy) => {
    const applied = appliedEntropyCoef(control, options);
    control = nextEntropyControl(control, entropy, options);
    return [applied, control.coef].map((value) => Number(value.toFixed(6)));
  });
  // What is applied follows from the entropy of the update before.
  expect(seen).toEqual([
    [0, 0.05],
    [0, 0.11],
    [0.11, 0.17],
    [0.17, 0.2],
    [0.2, 0.2],
    [0.2, 0.14],
    [0, 0.08],
    [0, 0.05],
  ]);
});
