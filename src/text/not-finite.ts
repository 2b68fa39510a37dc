/**
 * What is wrong, without a full stop, with a JSON text that is broken at `offset`, where that is one of the names that Python's `json` and JavaScript write for numbers
 * that are not finite.
 */
export function notFiniteAt(text: string, offset: number): string | undefined {
  const name = /^-?(?:NaN|Infinity)\b/.exec(text.slice(text[offset - 1] === '-' ? offset - 1 : offset))?.[0];
  if (name === undefined) return undefined;
  return `${name} is not JSON (Python's json writes it all the same); write null, or a text`;
}
