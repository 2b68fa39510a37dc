import { RunFailure } from '../../protocol/errors.ts';

/**
 * What the loss is multiplied with before gradients are taken in float16, so that small ones do not become 0. Found by trying, with the
 * numbers of torch.amp.GradScaler: https://docs.pytorch.org/docs/stable/amp.html#torch.amp.GradScaler
 */
export interface LossScale {
  scale: number;
  /** Updates since it last changed. */
  goodUpdates: number;
}

const GROWTH_INTERVAL = 2000;

export const FIRST_LOSS_SCALE: LossScale = { scale: 2 ** 16, goodUpdates: 0 };

/** The scale for the next update, after one whose gradients `overflowed`, and which was therefore skipped, or did not. */
export function nextLossScale({ scale, goodUpdates }: LossScale, overflowed: boolean): LossScale {
  if (!overflowed)
    return goodUpdates + 1 < GROWTH_INTERVAL
      ? { scale, goodUpdates: goodUpdates + 1 }
      : { scale: 2 * scale, goodUpdates: 0 };
  // As DeepSpeed has it: from here on, it is not the scale that is at fault.
  if (scale <= 1)
    throw new RunFailure(
      'Gradients overflow float16 although the loss is no longer scaled up. Set "fp16" to false, and resume from the last checkpoint.',
    );
  return { scale: scale / 2, goodUpdates: 0 };
}
