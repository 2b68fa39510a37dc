import { type BatchRewardInput, batchReward, type Reward } from '../../api.ts';
import { AnswerCache } from './answer-cache.ts';
import { jsonIn, MISTRUST, partsOf, promptOf, referencesIn, scoreIn, settled } from './ask-all.ts';
import { Endpoint, type Message } from './endpoint.ts';
import type { EndpointOptions } from './endpoint-options.ts';

/** Options of {@link judge}. */
export interface JudgeOptions extends EndpointOptions {
  /** What a good completion is, in words; the score is how well it fits. */
  rubric: string;
  /** A dataset column with a reference answer that the judge may see. Default: none. */
  column?: string;
  /** The lowest and the highest score that the judge may give; the reward is 0 and 1 for them. Default: [0, 10]. */
  scale?: [low: number, high: number];
}

interface Verdict {
  score: number;
  reason: string;
}

/**
 * Creates a reward from the verdicts of a language model behind an API like OpenAI's: 0 to 1, with its reason. Verdicts are kept in `.grpo/judge.jsonl`, so
 * that nothing is asked twice. Answers that do not come or cannot be read are asked for again, then scoring fails for that completion alone. It takes time: raise
 * the run config's `rewardTimeoutSeconds`.
 *
 * @example export const helpful = judge({ url: 'http://localhost:11434/v1', model: 'qwen3:8b', rubric: 'Answers the question, and nothing else.' });
 */
export function judge({ rubric, column, scale = [0, 10], ...where }: JudgeOptions) {
  const [low, high] = scale;
  if (!(low < high)) throw new Error('judge wants a scale from low to high, such as [0, 10].');
  const endpoint = new Endpoint(where);
  const cache = new AnswerCache<Verdict>();
  const read = (text: string): Verdict => {
    const { score, reason } = jsonIn(text);
    const value = scoreIn(score);
    if (!(value >= low && value <= high))
      throw new Error(`The judge gave the score ${JSON.stringify(score)}, which is not from ${low} to ${high}.`);
    return { score: (value - low) / (high - low), reason: String(reason ?? '').slice(0, 500) };
  };

  return batchReward(async (input: BatchRewardInput): Promise<(Reward | Error)[]> => {
    const { prompts, messages, completions } = input;
    const references = referencesIn(input, column);
    const questions = completions.map((completion, row) => {
      const asked = messagesOf(promptOf(prompts[row]!, messages?.[row]), completion, references?.[row]);
      return cache.get([where.url, where.model, asked], () => endpoint.ask(asked, read));
    });
    return settled(
      questions,
      (verdict) => [verdict],
      () => 1,
    );
  });

  function messagesOf(prompt: string, completion: string, reference: unknown): Message[] {
    const system = [
      'You judge the answer of a language model by this rubric:',
      rubric,
      MISTRUST,
      `Answer with a JSON object only: {"reason": "one sentence", "score": a number from ${low} to ${high}}.`,
    ].join('\n\n');
    return [
      { role: 'system', content: system },
      { role: 'user', content: partsOf(prompt, completion, reference).join('\n\n') },
    ];
  }
}
