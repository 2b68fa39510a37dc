import { uniforms } from '../data/random.ts';
import { readJsonLines } from '../files/json-lines.ts';
import { createSampler } from '../model/generation/create-sampler.ts';
import type { Completion } from '../model/generation/sampler.ts';
import { BadInput } from '../protocol/errors.ts';
import { stringifyExact } from '../text/exact-json.ts';
import { tooManyAtOnce } from '../trainer/memory-check.ts';
import { type CommandOf, DEFAULT_MAX_TOKENS } from './commands.ts';
import { checkFits, checkKnown, type PromptRow, readPromptRow } from './model-rows.ts';
import { type OpenModel, openModel } from './open-model.ts';
import { print, printJson } from './output.ts';

type Options = CommandOf<'generate'>;

const MAX_PROMPTS_AT_ONCE = 16;
const MAX_COMPLETIONS_AT_ONCE = 64;

/** `grpo generate`: samples `n` completions for each prompt and prints them in the order of the prompts. */
export async function generateCommand(options: Options): Promise<number> {
  const model = await openModel(options.model, options);
  const prompts = readPrompts(options, model);
  const maxTokens = checkPrompts(prompts, options, model);
  const tooMany = tooManyAtOnce(model.config, options.n, maxTokens);
  if (tooMany) throw new BadInput(`${tooMany}; lower --n or --max-tokens.`);
  const sampler = createSampler(model.engine, model.config, {
    group: options.n,
    temperature: options.greedy ? 0 : 1,
    topK: 0,
    topP: 1,
    minP: 0,
    minTokens: 0,
    eosTokenIds: model.eosTokenIds,
  });
  const atOnce = Math.min(MAX_PROMPTS_AT_ONCE, Math.max(1, Math.floor(MAX_COMPLETIONS_AT_ONCE / options.n)));
  for (let start = 0; start < prompts.length; start += atOnce) {
    const batch = prompts.slice(start, start + atOnce);
    const ids = batch.map(({ promptIds }) => promptIds);
    const numbers = randomNumbers(options, start, batch.length, maxTokens);
    const completions = await sampler.sample(model.weights, ids, maxTokens, numbers);
    batch.forEach((row, index) => {
      show(row, completions.slice(index * options.n, (index + 1) * options.n), options, model);
    });
  }
  return 0;
}

function readPrompts({ prompt, prompts: file }: Options, model: OpenModel): PromptRow[] {
  if (file !== undefined) return readJsonLines(file, 'prompts file').map((line) => readPromptRow(line, file, model));
  const room = { tokens: model.config.maxPositionEmbeddings, at: undefined };
  return [{ prompt: prompt!, promptIds: model.tokenizer.encodePrompt(prompt!, { room }).ids, at: undefined }];
}

/** How many tokens a completion may have at most. */
function checkPrompts(prompts: PromptRow[], options: Options, { config }: OpenModel): number {
  for (const row of prompts) {
    checkKnown(row.promptIds, config, row.at);
    const { maxTokens } = options;
    if (maxTokens === undefined) checkFits(row, 1, 'a new one', config);
    else checkFits(row, maxTokens, `${maxTokens} new ones (--max-tokens)`, config);
  }
  const room = config.maxPositionEmbeddings - Math.max(...prompts.map(({ promptIds }) => promptIds.length));
  return options.maxTokens ?? Math.min(DEFAULT_MAX_TOKENS, room);
}

/**
 * [maxTokens, prompts · n]. Every completion has a stream of numbers of its own, so that it does not depend on how many others are
 * sampled with it.
 */
function randomNumbers({ seed, n }: Options, firstPrompt: number, prompts: number, maxTokens: number): Float32Array {
  const rows = prompts * n;
  const numbers = new Float32Array(maxTokens * rows);
  for (let row = 0; row < rows; row++) {
    const key = ['generate', firstPrompt + Math.floor(row / n), row % n];
    for (const [step, u] of uniforms(seed, key, maxTokens).entries()) numbers[step * rows + row] = u;
  }
  return numbers;
}

function show({ prompt }: PromptRow, completions: Completion[], { json }: Options, { tokenizer }: OpenModel): void {
  if (!json) print(`> ${typeof prompt === 'string' ? prompt : stringifyExact(prompt)}`);
  for (const { ids, logProbs, truncated } of completions) {
    const completion = tokenizer.decode(ids, { skipSpecialTokens: true });
    if (json) printJson({ prompt, completion, completion_ids: ids, logprobs: logProbs });
    else {
      const sum = logProbs.reduce((total, logProb) => total + logProb, 0);
      const cut = truncated ? ', truncated' : '';
      print(`${completion}\n  (${ids.length} tokens${cut}, log-probability ${sum.toFixed(2)})`);
    }
  }
}
