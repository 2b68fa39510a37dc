import type { RowReward } from './row.ts';

/** Options of {@link codeFormat}. */
export interface CodeFormatOptions {
  /** The language that the code block names, as in "```python"; the names that Markdown knows. Default: any. */
  language?: string;
  /** The tag that the code must be in; null: anywhere. Default: null. */
  within?: string | null;
}

/**
 * Creates a reward: 1 if the completion has a closed Markdown code block that is not empty, else 0. With {@link thinkFormat} beside it, the same as
 * open-r1's `code_format_reward`.
 *
 * @example export const block = codeFormat({ language: 'python', within: 'answer' });
 */
export function codeFormat({ language, within = null }: CodeFormatOptions = {}): RowReward {
  return ({ completion }) => {
    const part = within === null ? completion : between(completion, `<${within}>`, `</${within}>`);
    if (part === undefined) return { score: 0, reason: `there is no <${within}>…</${within}>` };
    const blocks = [...part.matchAll(/```([^\n`]*)\n([\s\S]*?)```/g)].filter(([, , code]) => code!.trim() !== '');
    if (blocks.length === 0) return { score: 0, reason: 'there is no closed code block' };
    if (language === undefined || blocks.some(([, name]) => name!.trim().toLowerCase() === language.toLowerCase()))
      return { score: 1 };
    return { score: 0, reason: `no code block says ${language}` };
  };
}

function between(text: string, open: string, close: string): string | undefined {
  const end = text.lastIndexOf(close);
  const start = end < 0 ? -1 : text.lastIndexOf(open, end);
  return start < 0 ? undefined : text.slice(start + open.length, end);
}
