import { languageConsistency, type RewardInput, type RewardResult } from 'grpo/rewards';

/** What the dataset's rows have besides the prompt. */
interface Columns {
  task: 'sum' | 'translation';
  /** One number word for a sum, three for a translation. */
  answer: string;
}

const NUMBERS = [
  ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'],
  ['μηδέν', 'ένα', 'δύο', 'τρία', 'τέσσερα', 'πέντε', 'έξι', 'επτά', 'οκτώ', 'εννέα'],
];

/** Of a sum: 1 for the right number, in either language: the one in the answer's tags or, without them, the last of the text. */
export function correct({ completion, task, answer }: RewardInput<Columns>): RewardResult {
  if (task !== 'sum') return { score: null };
  // Of the last one of tags that are opened twice.
  const tagged = /<answer>((?:(?!<answer>).)*?)<\/answer>/s.exec(completion)?.[1];
  const given = tagged?.replace(/<[^>]*>/g, ' ') ?? completion;
  const words = given.toLowerCase().match(/\p{L}+/gu) ?? [];
  const extracted = words.at(-1);
  if (extracted === undefined) return { score: 0, reason: 'no number in the completion' };
  // Or "two or three", "not two", "anything but two" would earn as much as "two": "GRPO: Audit Rewards" tries such tricks.
  if (tagged !== undefined && new Set(words).size > 1)
    return { score: 0, extracted: tagged, reason: 'more than an answer' };
  if (/^(?:not|but)$/.test(words.at(-2) ?? ''))
    return { score: 0, extracted: words.slice(-2).join(' '), reason: 'a denial' };
  const right = numberOf(extracted) >= 0 && numberOf(extracted) === numberOf(answer);
  return right ? { score: 1, extracted } : { score: 0, extracted, reason: `expected ${answer}` };
}

/** Of a sum: 1 for reasoning and answer in their tags, and nothing else. */
export function format({ completion, task }: RewardInput<Columns>): RewardResult {
  if (task !== 'sum') return { score: null };
  return { score: /^<think>[^<]+<\/think><answer>[^<]+<\/answer>$/.test(completion.trim()) ? 1 : 0 };
}

const consistency = languageConsistency();

/** Of a sum: the share of letters, those of tags aside, in the language of the question. */
export function language(input: RewardInput<Columns>): RewardResult {
  if (input.task !== 'sum') return { score: null };
  const { score, reason } = consistency({ ...input, completion: input.completion.replace(/<[^>]*>/g, ' ') });
  return score === null ? { score: 0, reason: 'no words' } : { score, ...(reason !== undefined && { reason }) };
}

/** Of a translation: 1 for exactly the right words, in small letters or capitals, with a full stop or without. */
export function translation({ completion, task, answer }: RewardInput<Columns>): RewardResult {
  if (task !== 'translation') return { score: null };
  const given = completion.trim().replace(/\.$/, '').toLowerCase();
  return given === answer ? { score: 1 } : { score: 0, reason: `expected ${answer}` };
}

const numberOf = (word: string): number =>
  NUMBERS.map((words) => words.indexOf(word)).find((value) => value >= 0) ?? -1;
