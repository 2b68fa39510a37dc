import { searchPattern } from '../src/text/search-pattern.ts';

/** Where a part of a text begins and ends. */
export type Range = [start: number, end: number];

export const rangesOf = (text: string, pattern: RegExp): Range[] =>
  [...text.matchAll(pattern)].map(({ 0: found, index }) => [index, index + found.length]);

/** Where a text has what is searched for; in either case of its letters. */
export const hitsOf = (text: string, search: string): Range[] =>
  search.trim() === '' ? [] : rangesOf(text, searchPattern(search, 'gi'));
