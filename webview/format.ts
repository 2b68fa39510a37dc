import { formatNumber } from '../src/text/numbers.ts';

export const formatSigned = (value: number): string =>
  `${value > 0 ? '+' : ''}${formatNumber(Number(value.toFixed(3)))}`;

/** 1234567 as "1,234,567". */
export const formatCount = (value: number): string => Math.round(value).toLocaleString('en-US');

/** An ISO 8601 time as "21 Nov, 07:31", in the reader's time zone. */
export function formatTime(iso: string): string {
  const date = new Date(iso);
  const options = { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' } as const;
  return Number.isNaN(date.getTime()) ? iso : date.toLocaleString('en-GB', options);
}
