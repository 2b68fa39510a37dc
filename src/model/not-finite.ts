import { RunFailure } from '../protocol/errors.ts';

/** The model's weights are finite, and what it computes with them is not: no completion of it means anything. */
export class NotFiniteModel extends RunFailure {
  override name = 'NotFiniteModel';

  constructor() {
    super(
      'The model gives log-probabilities that are not finite: its weights are damaged, or too large to compute with.',
    );
  }
}

/** Throws where a log-probability is NaN, as transformers does when it samples. */
export function checkLogProb(logProb: number): void {
  if (Number.isNaN(logProb)) throw new NotFiniteModel();
}
