import type { Sequence } from '../model/batch.ts';
import { Scorer } from '../model/language-model.ts';
import { readJsonLines } from '../trainer/json-lines.ts';
import type { CommandOf } from './args.ts';
import { checkFits, checkKnown, readCompletionIds, readPromptRow } from './model-rows.ts';
import { type OpenModel, openModel } from './open-model.ts';
import { print, printJson } from './output.ts';

/** Tokens in one batch, were all as long as its longest: bounds the memory that its logits take. */
const MAX_TOKENS_AT_ONCE = 1024;

/** `grpo logprobs`: log-probability of every completion token at temperature 1, one line per row of the file. */
export async function logprobsCommand({ json, ...options }: CommandOf<'logprobs'>): Promise<number> {
  const model = await openModel(options.model, options);
  const sequences = readSequences(options.file, model);
  const scorer = new Scorer(model.engine, model.config, 1);
  const results: number[][] = [];
  for (const batch of batchesOfSimilarLength(sequences)) {
    const scored = await scorer.logProbs(
      model.weights,
      batch.map((index) => sequences[index]!),
    );
    for (const [row, index] of batch.entries()) results[index] = scored[row]!;
  }
  for (const row of results) json ? printJson({ logprobs: row }) : print(describe(row));
  return 0;
}

function readSequences(file: string, { tokenizer, config }: OpenModel): Sequence[] {
  return readJsonLines(file, 'file').map((line) => {
    const row = readPromptRow(line, file, tokenizer);
    const completionIds = readCompletionIds(line, file, tokenizer);
    checkKnown([...row.promptIds, ...completionIds], config, row.at);
    checkFits(row, completionIds.length, `the completion's ${completionIds.length}`, config);
    return { promptIds: row.promptIds, completionIds };
  });
}

/** Indices into `sequences`; within a batch, little is padded. */
export function batchesOfSimilarLength(sequences: readonly Sequence[]): number[][] {
  const length = (index: number) => {
    const { promptIds, completionIds } = sequences[index]!;
    return promptIds.length + completionIds.length;
  };
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const index of [...sequences.keys()].sort((a, b) => length(a) - length(b))) {
    if (batch.length > 0 && (batch.length + 1) * length(index) > MAX_TOKENS_AT_ONCE) {
      batches.push(batch);
      batch = [];
    }
    batch.push(index);
  }
  return batch.length > 0 ? [...batches, batch] : batches;
}

function describe(logProbs: number[]): string {
  const sum = logProbs.reduce((total, logProb) => total + logProb, 0);
  const mean = logProbs.length > 0 ? `, ${(sum / logProbs.length).toFixed(4)} per token` : '';
  return `${logProbs.length} tokens, log-probability ${sum.toFixed(4)}${mean}`;
}
