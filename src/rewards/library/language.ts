import type { RowReward } from './row.ts';

const WRITTEN_IN = {
  Latin: ['Latin'],
  Cyrillic: ['Cyrillic'],
  Greek: ['Greek'],
  Arabic: ['Arabic'],
  Hebrew: ['Hebrew'],
  Devanagari: ['Devanagari'],
  Bengali: ['Bengali'],
  Tamil: ['Tamil'],
  Thai: ['Thai'],
  Chinese: ['Han'],
  Japanese: ['Han', 'Hiragana', 'Katakana'],
  Korean: ['Hangul'],
} as const;

/** Scripts that {@link languageConsistency} distinguishes. */
export type Writing = keyof typeof WRITTEN_IN;

/** Options of {@link languageConsistency}. */
export interface LanguageConsistencyOptions {
  /** The expected script. Default: the script of most letters in the prompt. */
  writing?: Writing;
}

/**
 * Creates a reward: the fraction of the completion's letters in the right script, from 0 to 1. Code blocks and LaTeX commands are
 * ignored. It abstains if there are no letters.
 *
 * It detects scripts, not languages: Chinese in an English answer is detected, French is not, and Chinese cannot be distinguished from Japanese
 * kanji. DeepSeek-R1 uses a similar, word-based reward against mixing languages (arXiv:2501.12948, section 2.3.2).
 *
 * @example export const english = languageConsistency({ writing: 'Latin' });
 */
export function languageConsistency({ writing }: LanguageConsistencyOptions = {}): RowReward {
  return ({ prompt, completion }) => {
    const wanted = writing ?? mostOf(prompt);
    if (wanted === undefined) return { score: null };
    const text = withoutCode(completion);
    const letters = count(text, /\p{L}/gu);
    if (letters === 0) return { score: null };
    const right = lettersOf(text, wanted);
    const score = right / letters;
    return score === 1 ? { score } : { score, reason: `${letters - right} of ${letters} letters are not ${wanted}` };
  };
}

/** The writing of most letters; of two that share letters, such as Chinese and Japanese, the one that asks for fewer scripts. */
function mostOf(text: string): Writing | undefined {
  const plain = withoutCode(text);
  let most: Writing | undefined;
  let letters = 0;
  for (const writing of Object.keys(WRITTEN_IN) as Writing[]) {
    const found = lettersOf(plain, writing);
    if (found > letters) [most, letters] = [writing, found];
  }
  return most;
}

function lettersOf(text: string, writing: Writing): number {
  const scripts = WRITTEN_IN[writing].map((script) => `\\p{Script=${script}}`).join('');
  return count(text, new RegExp(`(?=\\p{L})[${scripts}]`, 'gu'));
}

function count(text: string, pattern: RegExp): number {
  let found = 0;
  for (const _ of text.matchAll(pattern)) found++;
  return found;
}

/** Every second part between three backquotes is code, closed or not. */
const withoutCode = (text: string): string =>
  text
    .split('```')
    .filter((_, i) => i % 2 === 0)
    .join(' ')
    .replace(/\\[a-zA-Z]+/g, ' ');
