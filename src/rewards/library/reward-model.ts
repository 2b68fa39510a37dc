import { basename, dirname } from 'node:path';
import { type BatchRewardInput, batchReward, type ChatMessage, type Reward } from '../api.ts';
import { besideRewardFile } from './beside-reward-file.ts';

/** Options of {@link rewardModel}. */
export interface RewardModelOptions {
  /**
   * A folder with the model as ONNX, seen from the reward file: `config.json`, `tokenizer.json`, `onnx/model.onnx` (as `optimum-cli export onnx
   * --task text-classification` makes it).
   */
  model: string;
  /** Which weights: `fp32` takes `onnx/model.onnx`, `q8` takes `onnx/model_quantized.onnx`, and so on. Default: `fp32`. */
  dtype?: string;
  /** Completions per model call. Default: 8. */
  batchSize?: number;
  /** Index of the model output used as the score. Default: 0. */
  output?: number;
}

/** What is used of `@huggingface/transformers`, which is the workspace's own. */
interface Transformers {
  env: { allowRemoteModels: boolean; allowLocalModels: boolean; localModelPath: string };
  AutoTokenizer: { from_pretrained(model: string): Promise<Tokenizer> };
  AutoModelForSequenceClassification: {
    from_pretrained(
      model: string,
      options: { dtype: string },
    ): Promise<(inputs: object) => Promise<{ logits: Logits }>>;
  };
}
interface Tokenizer {
  (texts: string[], options: { padding: boolean; truncation: boolean }): object;
  apply_chat_template(messages: ChatMessage[], options: { tokenize: false }): string;
}
interface Logits {
  tolist(): number[][];
}

const PACKAGE = '@huggingface/transformers';

/**
 * Loads a reward model (an ONNX sequence classifier) and creates a batch reward from its raw score for prompt and completion; chats are rendered with the
 * model's own chat template. Await it, so that the model loads together with the file, once per worker, and not within a row's time limit.
 *
 * Requires `@huggingface/transformers` in your workspace: `npm install @huggingface/transformers`. Nothing is downloaded.
 *
 * @example export const quality = await rewardModel({ model: '../models/reward' });
 */
export async function rewardModel({ model, dtype = 'fp32', batchSize = 8, output = 0 }: RewardModelOptions) {
  const folder = besideRewardFile(model);
  // It runs on ONNX Runtime, which has telemetry. A worker starts like this, but not a program that is debugged.
  process.env.ORT_DISABLE_TELEMETRY = '1';
  const transformers = await load(PACKAGE);
  Object.assign(transformers.env, {
    allowRemoteModels: false,
    allowLocalModels: true,
    localModelPath: dirname(folder),
  });
  const name = basename(folder);
  const tokenizer = await transformers.AutoTokenizer.from_pretrained(name);
  const classify = await transformers.AutoModelForSequenceClassification.from_pretrained(name, { dtype });

  return batchReward(async ({ prompts, messages, completions }: BatchRewardInput): Promise<Reward[]> => {
    const texts = completions.map((completion, row) => {
      const chat = messages?.[row];
      if (!chat) return prompts[row]! + completion;
      const answered = [...chat, { role: 'assistant', content: completion }];
      return tokenizer.apply_chat_template(answered, { tokenize: false });
    });
    const scores: number[] = [];
    for (let start = 0; start < texts.length; start += batchSize) {
      const inputs = tokenizer(texts.slice(start, start + batchSize), { padding: true, truncation: true });
      const { logits } = await classify(inputs);
      scores.push(...logits.tolist().map((row) => row[output]!));
    }
    return scores;
  });
}

/** The package as the reward file would import it (its worker sees to that). */
async function load(name: string): Promise<Transformers> {
  try {
    return await import(name);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes(`'${name}'`)) throw error;
    throw new Error(
      `A reward model runs with ${name}, which is not installed for this file: run "npm install ${name}" in its folder or one above.`,
    );
  }
}
