import { formatNumber } from '../src/text/numbers.ts';

export const formatSigned = (value: number): string =>
  `${value > 0 ? '+' : ''}${formatNumber(Number(value.toFixed(3)))}`;

/** 1234567 as "1,234,567". */
export const formatCount = (value: number): string => Math.round(value).toLocaleString('en-US');
