import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type BatchRewardInput, batchReward, type Reward } from '../../api.ts';
import { besideRewardFile } from '../beside-reward-file.ts';
import { AnswerCache } from './answer-cache.ts';
import { MISTRUST, partsOf, promptOf, referencesIn, settled } from './ask-all.ts';
import { expectedScore } from './expected-score.ts';
import { type Judged, LocalProcess } from './local-process.ts';
import { countCall, countRead } from './usage.ts';

/** Options of {@link localJudge}. */
export interface LocalJudgeOptions {
  /** A Hugging Face model folder or a .gguf file, seen from the reward file; one that follows instructions. */
  model: string;
  /** What a good completion is, in words; the score is how well it fits. */
  rubric: string;
  /** A dataset column with a reference answer that the judge may see. Default: none. */
  column?: string;
  /** The lowest and the highest score, whole numbers from 0 to 9; the reward is 0 and 1 for them. Default: [1, 5]. */
  scale?: [low: number, high: number];
  /** Where it computes. Default: `cpu`, so that a training keeps its GPU. */
  device?: 'auto' | 'cpu' | 'webgpu';
}

/**
 * Creates a reward from the verdicts of a language model on this machine, without any server: 0 to 1. The model is not asked to write. Its score is the mean of
 * the scale's numbers, weighted with their probabilities as its next token, so that there is always one and it is always the same. The model runs in a process
 * of its own. Await it, so that it loads together with the file, and not within the time limit of a call; which you may have to raise
 * (`rewardTimeoutSeconds`).
 *
 * @example export const helpful = await localJudge({ model: '../models/qwen3-0.6b', rubric: 'Answers the question, and nothing else.' });
 */
export async function localJudge({ model, rubric, column, scale = [1, 5], device = 'cpu' }: LocalJudgeOptions) {
  const [low, high] = scale;
  // With several digits, the first one of 10 would count as a 1.
  if (!(Number.isInteger(low) && Number.isInteger(high) && 0 <= low && low < high && high <= 9))
    throw new Error('localJudge wants a scale of whole numbers from 0 to 9, such as [1, 5].');
  const file = besideRewardFile(model);
  const version = versionOf(file);
  const scores = Array.from({ length: high - low + 1 }, (_, i) => low + i);
  const judge = new LocalProcess(file, device);
  const cache = new AnswerCache<Judged>();
  await judge.open();

  return batchReward(async (input: BatchRewardInput): Promise<(Reward | Error)[]> => {
    const { prompts, messages, completions } = input;
    const references = referencesIn(input, column);
    const questions = completions.map((completion, row) => {
      const question = questionOf(promptOf(prompts[row]!, messages?.[row]), completion, references?.[row]);
      return cache.get([version, question, scores], async () => {
        countCall();
        const judged = await judge.ask(question, scores.map(String));
        countRead(judged.tokens);
        return judged;
      });
    });
    return settled(
      questions,
      ({ logProbs }) => [rewardOf(logProbs)],
      () => 1,
    );
  });

  function questionOf(prompt: string, completion: string, reference: unknown): string {
    return [
      'Judge the answer of a language model by this rubric:',
      rubric,
      MISTRUST,
      ...partsOf(prompt, completion, reference),
      `How good is the answer, from ${low} (worst) to ${high} (best)? Answer with the number only.`,
    ].join('\n\n');
  }

  function rewardOf(logProbs: number[]): Reward {
    const { score, certainty } = expectedScore(scores, logProbs);
    const reason = `${score.toFixed(2)} on a scale of ${low} to ${high}; it would answer with such a number with ${percent(certainty)}`;
    return { score: (score - low) / (high - low), reason };
  }
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;

/** What tells a model from one that takes its place: verdicts are of the model that gave them. */
function versionOf(model: string): unknown {
  const found = statSync(model, { throwIfNoEntry: false });
  if (!found) throw new Error(`There is no model at ${model}; give localJudge its path as seen from the reward file.`);
  const files = found.isDirectory() ? readdirSync(model).sort() : [''];
  return files.map((name) => {
    const { size, mtimeMs } = statSync(join(model, name));
    return [join(model, name), size, mtimeMs];
  });
}
