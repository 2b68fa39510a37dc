import type { RewardInput } from '../api.ts';
import type { RowReward } from './row.ts';

/** Options of {@link thinkFormat}. */
export interface ThinkFormatOptions {
  /** The tag's name. Default: `think`. */
  tag?: string;
  /**
   * Whether the chat template has already opened the tag. Unless given, the end of the prompt tells, as the model sees it; where that is
   * not known (chat samples that are scored without a model), both ways are right.
   */
  prefilled?: boolean;
}

/** How the prompt leaves the tag: the thinking is open, over before it began (`enable_thinking: false`), or not begun. */
type PromptEnd = 'open' | 'closed' | 'none' | 'unknown';

/**
 * Creates a reward: 1 if the completion has exactly one `<think>…</think>` block followed by an answer, else 0.
 *
 * Some chat templates end the prompt with `<think>`. Then the completion starts inside the block and must not open it again, so a format reward that
 * requires the opening tag would always be 0. This one checks the end of the prompt.
 *
 * @example export const thinks = thinkFormat();
 * // 1 after "…<|assistant|>":         <think>2 and 2</think> 4
 * // 1 after "…<|assistant|><think>":  2 and 2</think> 4
 */
export function thinkFormat({ tag = 'think', prefilled }: ThinkFormatOptions = {}): RowReward {
  const open = `<${tag}>`;
  const close = `</${tag}>`;
  return (input) => {
    const end = prefilled === undefined ? endOf(input, open, close) : prefilled ? 'open' : 'none';
    const problem = problemIn(input.completion, end, open, close);
    const known = end !== 'unknown' ? '' : ' (the prompt as the model sees it is not known here)';
    return problem === undefined ? { score: 1 } : { score: 0, reason: `${problem}${known}` };
  };
}

function endOf({ renderedPrompt, messages, prompt }: RewardInput, open: string, close: string): PromptEnd {
  const seen = renderedPrompt ?? (messages === undefined ? prompt : undefined);
  if (seen === undefined) return 'unknown';
  const end = seen.trimEnd();
  return end.endsWith(open) ? 'open' : end.endsWith(close) ? 'closed' : 'none';
}

function problemIn(completion: string, end: PromptEnd, open: string, close: string): string | undefined {
  const opened = completion.split(open).length - 1;
  const closed = completion.split(close).length - 1;
  if (end === 'closed') {
    if (opened + closed > 0) return `the prompt has already closed ${close}, and the completion has the tag again`;
    return completion.trim() === '' ? 'there is no answer' : undefined;
  }
  const starts = completion.trimStart().startsWith(open);
  if (end === 'open' && opened > 0) return `the prompt has already opened ${open}, and the completion opens it again`;
  if (end === 'none' && !starts) return `it does not begin with ${open}`;
  if (opened > 1 || (opened === 1 && !starts)) return `${open} must appear exactly once, at the beginning`;
  if (closed !== 1) return closed === 0 ? `${close} is missing` : `${close} appears ${closed} times`;
  return completion.slice(completion.indexOf(close) + close.length).trim() === ''
    ? `there is no answer after ${close}`
    : undefined;
}
