import { formatNumber } from '../src/text/numbers.ts';

export const formatSigned = (value: number): string =>
  `${value > 0 ? '+' : ''}${formatNumber(Number(value.toFixed(3)))}`;

/** 1234567 as "1,234,567". */
export const formatCount = (value: number): string => Math.round(value).toLocaleString('en-US');

/** How long a completion is; nothing where that is not known. */
export const tokensText = (length: number): string =>
  length === 0 ? '' : length === 1 ? '1 token' : `${length} tokens`;
