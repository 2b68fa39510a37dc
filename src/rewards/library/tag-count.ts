import type { RowReward } from './row.ts';

/** Options of {@link tagCount}. */
export interface TagCountOptions {
  /** Names of the tags. Default: `think` and `answer`. */
  tags?: string[];
}

/**
 * Creates a reward that grows tag by tag, where {@link tagFormat} would be 0 for long: the fraction of opening and closing tags that appear exactly
 * once. Open-r1's `tag_count_reward`, which also counts line breaks around them.
 *
 * @example export const tags = tagCount(); // 0.75: <think>5 + 7</think><answer>12
 */
export function tagCount({ tags = ['think', 'answer'] }: TagCountOptions = {}): RowReward {
  if (tags.length === 0) throw new Error('tagCount wants at least one tag: tagCount({ tags: ["answer"] }).');
  const marks = tags.flatMap((tag) => [`<${tag}>`, `</${tag}>`]);
  return ({ completion }) => {
    const wrong = marks.filter((mark) => completion.split(mark).length !== 2);
    const score = 1 - wrong.length / marks.length;
    return wrong.length === 0 ? { score } : { score, reason: `not exactly once: ${wrong.join(' ')}` };
  };
}
