/** Of the palette's named colors, all but the main run's own and the errors'. */
const NAMED = [2, 3, 1, 4, 5, 7];
const NAMED_IN_ALL = 8;

/** Hues for more overlaid runs than there are named colors, in degrees: each far from those before it (by the golden angle). */
export const FURTHER_HUES: readonly number[] = Array.from({ length: 24 }, (_, i) => Math.round(20 + i * 137.508) % 360);

/** The palette index of the `index`-th overlaid run: a color of its own for each of the first 30. */
export const overlayColor = (index: number): number =>
  NAMED[index] ?? NAMED_IN_ALL + ((index - NAMED.length) % FURTHER_HUES.length);
