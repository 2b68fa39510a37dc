/** Palette indices for runs laid over the main one: all but the main run's own. */
const COLORS = [2, 3, 1, 4, 5, 7];

/** The palette index of the `index`-th run laid over. */
export const overlayColor = (index: number): number => COLORS[index % COLORS.length]!;
