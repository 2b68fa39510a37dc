import { type Child, el } from './dom.ts';

/** A sentence in which what is between backticks is as it is in a config. */
export const withCode = (text: string): Child[] =>
  text.split('`').map((part, i) => (i % 2 === 1 ? el('code', {}, part) : part));
