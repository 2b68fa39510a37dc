// Scripts that put no space between words count by characters; a "word" of more than 24 characters by pieces of 8.
const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[^\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]+/gu;

/** How often each sequence of `n` words occurs in a text. Case is ignored. */
export function ngrams(text: string, n: number): { count: number; times: Map<string, number> } {
  const words = (text.toLowerCase().match(WORD) ?? []).flatMap((word) =>
    word.length > 24 ? word.match(/.{1,8}/gsu)! : [word],
  );
  const count = Math.max(0, words.length - n + 1);
  const times = new Map<string, number>();
  for (let start = 0; start < count; start++) {
    const gram = words.slice(start, start + n).join(' ');
    times.set(gram, (times.get(gram) ?? 0) + 1);
  }
  return { count, times };
}

/** The n-gram that occurs most often. */
export const commonest = (times: ReadonlyMap<string, number>): [gram: string, times: number] =>
  [...times].reduce((a, b) => (b[1] > a[1] ? b : a));
