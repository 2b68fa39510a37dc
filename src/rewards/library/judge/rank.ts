import { createHash } from 'node:crypto';
import type { AnswerOrder } from '../../../protocol/rewards.ts';
import { type BatchRewardInput, batchReward, type Reward } from '../../api.ts';
import { orderOfAnswers } from '../../current-call.ts';
import { AnswerCache } from './answer-cache.ts';
import { jsonIn, MISTRUST, promptOf, scoreIn, settled } from './ask-all.ts';
import { Endpoint, type Message } from './endpoint.ts';
import type { EndpointOptions } from './endpoint-options.ts';
import { countInOrder } from './usage.ts';

/** Options of {@link rank}. */
export interface RankOptions extends EndpointOptions {
  /** What makes one completion better than another, in words. */
  rubric: string;
}

/**
 * Creates a reward from one question for each group: the judge sees all completions of a prompt and gives each a score from 0 to 1 relative to the
 * others, as RULER does. That needs no scale that holds across prompts, and GRPO compares within a group anyway. Equal completions are shown once; the
 * order in which they are shown is the same for the same completions, whichever came first in the batch.
 *
 * @example export const better = rank({ url: 'http://localhost:8080/v1', model: 'judge', rubric: 'More helpful and shorter is better.' });
 */
export function rank({ rubric, ...where }: RankOptions) {
  const endpoint = new Endpoint(where);
  const cache = new AnswerCache<number[]>();

  return batchReward(async ({ prompts, messages, completions }: BatchRewardInput): Promise<(Reward | Error)[]> => {
    const groups: number[][] = [];
    for (const row of completions.keys()) {
      const last = groups.at(-1);
      if (last && prompts[last[0]!] === prompts[row]) last.push(row);
      else groups.push([row]);
    }
    const order = orderOfAnswers();
    if (order) countInOrder(groups.length);
    const shown = groups.map((rows) => inOrder([...new Set(rows.map((row) => completions[row]!))], order));
    const questions = groups.map(([first], index) => {
      const answers = shown[index]!;
      const asked = messagesOf(promptOf(prompts[first!]!, messages?.[first!]), answers);
      return cache.get([where.url, where.model, asked], () =>
        endpoint.ask(asked, (text) => scoresIn(text, answers.length)),
      );
    });
    return settled(
      questions,
      (scores, index) => groups[index]!.map((row) => ({ score: scores[shown[index]!.indexOf(completions[row]!)]! })),
      (index) => groups[index]!.length,
    );
  });

  function messagesOf(prompt: string, answers: string[]): Message[] {
    const system = [
      'You compare the answers of a language model to one prompt by this rubric:',
      rubric,
      MISTRUST,
      `Answer with a JSON object only: {"scores": [${answers.length} numbers from 0 to 1, in the order of the answers]}. The best answer gets the highest score; answers that are as good as each other get the same.`,
    ].join('\n\n');
    const list = answers.map((answer, i) => `<<<ANSWER ${i + 1}\n${answer}\nANSWER ${i + 1}>>>`);
    return [
      { role: 'system', content: system },
      { role: 'user', content: [`Prompt:\n${prompt}`, ...list].join('\n\n') },
    ];
  }
}

function scoresIn(text: string, count: number): number[] {
  const { scores } = jsonIn(text);
  if (!Array.isArray(scores) || scores.length !== count)
    throw new Error(`The judge gave no ${count} scores: ${text.slice(0, 100)}`);
  return scores.map((score) => {
    const value = scoreIn(score);
    if (!(value >= 0 && value <= 1))
      throw new Error(`The judge gave the score ${JSON.stringify(score)}, which is not from 0 to 1.`);
    return value;
  });
}

/** Unless an audit asks for one, an order that does not follow the batch: judges favor some places. */
function inOrder(texts: string[], order: AnswerOrder | undefined): string[] {
  if (order === 'given') return texts;
  if (order === 'reversed') return texts.toReversed();
  return texts.toSorted((one, other) => hash(one).localeCompare(hash(other)));
}
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
