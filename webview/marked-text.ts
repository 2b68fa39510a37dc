import { type Child, el } from './dom.ts';
import { hitsOf } from './hits.ts';

/** A text with the hits of a search marked. */
export function markedText(text: string, search: string): Child[] {
  let end = 0;
  const parts = hitsOf(text, search).flatMap(([start, stop]) => {
    const before = text.slice(end, start);
    end = stop;
    return [before, el('mark', {}, text.slice(start, stop))];
  });
  return [...parts, text.slice(end)];
}
