import type { RewardInput, RewardResult } from 'grpo/rewards';

/** What the dataset's rows have besides the prompt. */
interface Columns {
  /** The fewest and the most words that the answer may have, the tag not counted. */
  words: [fewest: number, most: number];
  /** What the completion has to end with. */
  tag: string;
  /** Beginnings of words of which a real answer has at least one: "bak" is in baker, bakes and baking. */
  about: string[];
}

/** 1 for an answer of so many words; for each word too few or too many a fifth less. No answer at all earns 0. */
export function brief({ completion, words: [fewest, most], tag }: RewardInput<Columns>): RewardResult {
  const count = wordsOf(completion, tag).length;
  const off = Math.max(fewest - count, count - most, 0);
  return { score: count === 0 ? 0 : Math.max(0, 1 - off / 5), extracted: count };
}

/** 1 where the completion ends with the tag and has it nowhere else; half of that for a tag that is not in its place. */
export function tagged({ completion, tag }: RewardInput<Columns>): RewardResult {
  const text = completion.trim();
  const at = text.indexOf(tag);
  if (at < 0) return { score: 0, reason: `no ${tag}` };
  return at === text.length - tag.length ? { score: 1 } : { score: 0.5, reason: `goes on after ${tag}` };
}

/** 1 where the answer is about what was asked. Without it "Yes. #done" would be the best answer to everything. */
export function answers({ completion, tag, about }: RewardInput<Columns>): RewardResult {
  const found = wordsOf(completion, tag).find((word) => about.some((beginning) => word.startsWith(beginning)));
  return found === undefined ? { score: 0, reason: `none of ${about.join(', ')}` } : { score: 1, extracted: found };
}

/** The words, in small letters and without the tag. */
function wordsOf(completion: string, tag: string): string[] {
  return (
    completion
      .replaceAll(tag, ' ')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu) ?? []
  );
}
