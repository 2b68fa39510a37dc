import type { RowReward } from './row.ts';

/** Options of {@link tagFormat}. */
export interface TagFormatOptions {
  /** Names of the tags, in their order. */
  tags: string[];
  /** Allow only white space outside the tags. Default: false. */
  strict?: boolean;
  /** If the format is wrong, score the fraction of tags that appear exactly once instead of 0. Default: false. */
  partial?: boolean;
}

/**
 * Creates a reward: 1 if each tag is opened and closed exactly once, one after the other in the given order, else 0.
 * Based on the format reward of DeepSeek-R1 (arXiv:2501.12948, section 2.2.2).
 *
 * @example export const format = tagFormat({ tags: ['reasoning', 'answer'] });
 * // 1: <reasoning>5+7=12</reasoning> <answer>12</answer>
 * // 0: <answer>12</answer>, and <reasoning>5+7<answer>12</answer></reasoning>
 */
export function tagFormat({ tags, strict = false, partial = false }: TagFormatOptions): RowReward {
  if (tags.length === 0) throw new Error('tagFormat wants at least one tag: tagFormat({ tags: ["answer"] }).');
  return ({ completion }) => {
    const problems: string[] = [];
    const once = tags.filter((tag) => {
      const wrong = [`<${tag}>`, `</${tag}>`].filter((mark) => !standsOnce(completion, mark));
      if (wrong.length > 0) problems.push(`not exactly once: ${wrong.join(' ')}`);
      return wrong.length === 0;
    });
    if (problems.length === 0) {
      const marks = tags.flatMap((tag) => [`<${tag}>`, `</${tag}>`]);
      const places = marks.map((mark) => completion.indexOf(mark));
      if (places.some((place, i) => i > 0 && place < places[i - 1]!)) problems.push(`not in order: ${marks.join(' ')}`);
      else if (strict) {
        const starts = [0, ...places.flatMap((place, i) => (i % 2 === 1 ? [place + marks[i]!.length] : []))];
        const ends = [...places.filter((_, i) => i % 2 === 0), completion.length];
        const outside = starts.some((start, i) => completion.slice(start, ends[i]).trim() !== '');
        if (outside) problems.push('there is text outside of the tags');
      }
    }
    if (problems.length === 0) return { score: 1 };
    const share = once.length === tags.length ? 0 : once.length / tags.length;
    return { score: partial ? share : 0, reason: problems.join('; ') };
  };
}

function standsOnce(text: string, mark: string): boolean {
  const first = text.indexOf(mark);
  return first >= 0 && text.indexOf(mark, first + 1) < 0;
}
