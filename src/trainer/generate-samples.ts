import type { LoadedConfig } from '../config/load-config.ts';
import { permutation } from '../data/random.ts';
import { readModelConfig } from '../model/files/model-config.ts';
import { checkWeights } from '../model/files/weights.ts';
import { computeCopies } from '../model/network/half-weights.ts';
import { loadTokenizer } from '../model/tokenizer/tokenizer.ts';
import { BadInput } from '../protocol/errors.ts';
import type { NewSample } from '../protocol/sample-edits.ts';
import { createEngine } from './create-engine.ts';
import { loadRows } from './load-rows.ts';
import { tooManyAtOnce } from './memory-check.ts';
import { frozenModel } from './model-as-trained.ts';
import { LocalSampler } from './policy/local-sampler.ts';
import { endTokens, PromptList } from './prompt-list.ts';
import { quantizationInTraining } from './quantization.ts';
import { sampleRollout } from './rollout.ts';
import { workloadOf } from './workload.ts';

export interface SamplesWanted {
  /** How many prompts of the dataset; all of them where it has fewer. */
  prompts: number;
  /** Completions for each prompt. */
  n: number;
  seed: number;
}

/** What was generated at once, and how many of how many there are then; the first two have none, before and after the model is loaded. */
export interface SampledBatch {
  samples: NewSample[];
  done: number;
  of: number;
  /** The model is loaded next. */
  loads?: boolean;
}

/**
 * Samples completions of a run config's start model as a step of the run would, a batch of prompts at a time, to try rewards on. Prompts are
 * drawn at random, or are the dataset's first when the config does not shuffle. No reward function is called. Throws BadInput as training does.
 */
export async function* generateSamples(
  loaded: LoadedConfig,
  { prompts: count, n, seed }: SamplesWanted,
): AsyncGenerator<SampledBatch> {
  const { config, locate } = loaded;
  const { train } = await loadRows(loaded);
  const start = readModelConfig(config.model);
  checkWeights(config.model, start);
  const inTraining = { ...start, ...quantizationInTraining(config, start) };
  const { config: model, read } = frozenModel(config.model, inTraining, config);
  const tooMany = tooManyAtOnce(model, n, config.maxCompletionLength);
  if (tooMany) throw new BadInput(`${tooMany}; ask for fewer with --n.`);
  const tokenizer = loadTokenizer(config.model);
  const eosTokenIds = endTokens(model, tokenizer);
  const { maxCompletionLength, maxPromptLength, chatTemplateKwargs: templateVariables } = config;
  const limits = { model, maxCompletionLength, maxPromptLength, templateVariables };
  const all = new PromptList(train, tokenizer, limits, { at: locate(['maxPromptLength']) });
  const order = config.shuffleDataset
    ? permutation(seed, ['samples'], all.length)
    : Array.from({ length: all.length }, (_, index) => index);
  const prompts = order.slice(0, count).map((index) => all.at(index));

  const of = prompts.length * n;
  yield { samples: [], done: 0, of, loads: true };
  const { engine } = await createEngine(config, locate, workloadOf(model, { trains: false, half: config.fp16 }));
  const weights = await computeCopies(engine, model, (await read(engine)).weights);
  const sampler = new LocalSampler({ engine, model, config, eosTokenIds }, n, seed, async () => weights);
  yield { samples: [], done: 0, of };
  // No more at once than in a step, which is known to fit into memory. The last batch is filled up, so that one compiled graph does.
  const perBatch = Math.min(
    prompts.length,
    Math.max(1, Math.floor((config.promptsPerStep * config.numGenerations) / n)),
  );
  for (let start = 0; start < prompts.length; start += perBatch) {
    const batch = Array.from({ length: perBatch }, (_, i) => prompts[start + i] ?? prompts.at(-1)!);
    const rollout = await sampleRollout(sampler, tokenizer, batch, maxCompletionLength, ['samples', start]);
    const wanted = Math.min(perBatch, prompts.length - start) * n;
    const samples = rollout.slice(0, wanted).map(({ prompt, text }) => ({
      prompt: prompt.prompt,
      completion: text,
      columns: prompt.columns,
    }));
    yield { samples, done: start * n + wanted, of };
  }
}
