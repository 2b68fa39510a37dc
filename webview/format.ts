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

export const formatSigned = (value: number): string =>
  `${value > 0 ? '+' : ''}${formatNumber(Number(value.toFixed(3)))}`;

/** 0.125 as "12.5 %". */
export const formatShare = (value: number | null | undefined): string =>
  value === null || value === undefined || Number.isNaN(value) ? '–' : `${Number((value * 100).toPrecision(3))} %`;

/** 1234567 as "1,234,567". */
export const formatCount = (value: number): string => Math.round(value).toLocaleString('en-US');
