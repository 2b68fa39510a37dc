/** A number for people: four significant digits, no trailing zeros, a minus sign that is one. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  const text =
    size !== 0 && (size < 1e-3 || size >= 1e6)
      ? value
          .toExponential(2)
          .replace(/\.?0+e/, 'e')
          .replace('e+', 'e')
      : String(Number(value.toPrecision(4)));
  return text.replace(/^-/, '−');
}

/**
 * How numbers that are compared with each other are written, so that they have one look: none after the point where all are whole numbers, two
 * otherwise, and more where all are small.
 */
export function decimalsFor(values: readonly (number | null)[]): number {
  const present = values.filter((value): value is number => value !== null && Number.isFinite(value));
  if (present.every(Number.isInteger)) return 0;
  const largest = Math.max(...present.map(Math.abs));
  return largest >= 0.1 ? 2 : Math.min(8, 2 - Math.floor(Math.log10(largest)));
}

/** As many digits after the point as the numbers beside it have. */
export const formatFixed = (value: number | null, decimals: number): string =>
  value === null || Number.isNaN(value)
    ? '–'
    : Math.abs(value) >= 1e6
      ? formatNumber(value)
      : minus(value.toFixed(decimals));

/** An advantage: `+0.87`, `−1.20`, `0.00`. */
export const formatAdvantage = (value: number, decimals: number): string => {
  const text = formatFixed(value, decimals).replace(/^−(?=[0.]*$)/, '');
  return Number(text) > 0 ? `+${text}` : text;
};

/** Where a number points: sums of floating-point numbers that should be 0 seldom are, and no number points nowhere. */
export const signOf = (value: number | null): 'up' | 'down' | 'zero' =>
  value === null || Math.abs(value) < 1e-8 ? 'zero' : value > 0 ? 'up' : 'down';

const minus = (text: string): string => text.replace(/^-/, '−');

/** 0.125 as "12.5 %". */
export const formatShare = (value: number | null | undefined): string =>
  value === null || value === undefined || Number.isNaN(value) ? '–' : `${Number((value * 100).toPrecision(3))} %`;
