/**
 * Hues of overlaid runs, in degrees: the first are between those of the named colors, which the main run's own curves have.
 */
const HUES = [320, 175, 80, 245, 350, 145, 285, 50, 200, 20];
/** Lightness in percent, on a dark and on a light background; another one each time that the hues come round. */
const LIGHTNESS = [
  [68, 35],
  [84, 52],
  [52, 22],
] as const;
const NAMED_COLORS = 8;

/** What the palette has for overlaid runs after its named colors, as CSS colors. */
export const overlayPalette = (onLight: boolean): string[] =>
  LIGHTNESS.flatMap(([dark, light]) => HUES.map((hue) => `hsl(${hue} 65% ${onLight ? light : dark}%)`));

/** The palette index of the `index`-th overlaid run: each of the first 30 has its own color. */
export const overlayColor = (index: number): number => NAMED_COLORS + (index % (LIGHTNESS.length * HUES.length));

/** Which color each of the overlaid runs has: the one it had, or the first that no other has. */
export function overlayColors(folders: readonly string[], before: Readonly<Record<string, number>>) {
  const colors: Record<string, number> = {};
  for (const folder of folders) if (before[folder] !== undefined) colors[folder] = before[folder];
  for (const folder of folders) {
    const taken = new Set(Object.values(colors));
    for (let index = 0; colors[folder] === undefined; index++) if (!taken.has(index)) colors[folder] = index;
  }
  return colors;
}
